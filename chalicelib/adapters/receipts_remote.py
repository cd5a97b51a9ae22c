"""Receipts from the function that prints them: typst stays out of every other function's package."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from chalicelib.adapters.dynamodb.codec import from_item, to_item
from chalicelib.domain.letters import MailUnavailable
from chalicelib.domain.receipts import Receipt


@dataclass(frozen=True, slots=True)
class LambdaReceipts:
    """The port Receipts over `handle` in a function of its own. `client` is boto3's Lambda client."""

    client: Any
    function: str

    def make(self, receipt: Receipt, *, language: str) -> bytes:
        """Have it printed. Raises MailUnavailable: the letter waits and is tried again."""
        request = {"language": language, "receipt": to_item(receipt)}
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - with its client, lazily

        try:
            answer = self.client.invoke(FunctionName=self.function, Payload=json.dumps(request).encode())
        except (BotoCoreError, ClientError) as error:
            raise MailUnavailable("the receipt could not be asked for") from error
        if "FunctionError" in answer:
            raise MailUnavailable("the receipt was not printed")
        return base64.b64decode(json.loads(answer["Payload"].read())["pdf"])


def handle(event: dict[str, Any], context: object) -> dict[str, str]:
    """Print a receipt: the handler of the function that holds typst."""
    from chalicelib.adapters.pdf import make_receipt  # noqa: PLC0415 - the asking side imports this module too

    del context
    printed = make_receipt(from_item(Receipt, event["receipt"]), language=event["language"])
    return {"pdf": base64.b64encode(printed).decode("ascii")}
