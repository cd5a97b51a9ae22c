"""The two tables as pure data: arguments of DynamoDB's CreateTable.

The stand-in for AWS, the tests and the infrastructure as code all read these, so that names, keys and
indexes cannot drift apart. Imports nothing: the media worker's image takes this module along.
"""

from typing import Any, Final

OFFICE_TABLE_NAME: Final = "fernamt-office"
WORKERS_TABLE_NAME: Final = "fernamt-workers"

DAY_INDEX: Final = "day"
"""What happens on one day of one office: `day_pk` = office and date, `day_sk` = time, file, item. Sparse."""

DUE_INDEX: Final = "due"
"""What the minute's tick has to look after: `due_pk` = office, `due_sk` = time, item, id. Sparse."""


def _sparse_index(name: str, *, partition: str, sort: str) -> dict[str, Any]:
    """An index that projects everything; items without its keys are not in it."""
    return {
        "IndexName": name,
        "KeySchema": [
            {"AttributeName": partition, "KeyType": "HASH"},
            {"AttributeName": sort, "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL"},
    }


OFFICE_TABLE: Final[dict[str, Any]] = {
    "TableName": OFFICE_TABLE_NAME,
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "day_pk", "day_sk", "due_pk", "due_sk")
    ],
    "GlobalSecondaryIndexes": [
        _sparse_index(DAY_INDEX, partition="day_pk", sort="day_sk"),
        _sparse_index(DUE_INDEX, partition="due_pk", sort="due_sk"),
    ],
    # The letters of the outbox leave through the stream; what an item was before is nobody's business there.
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    "BillingMode": "PAY_PER_REQUEST",
}

WORKERS_TABLE: Final[dict[str, Any]] = {
    # Heartbeats come each second from every worker: a table of their own keeps them out of the stream.
    "TableName": WORKERS_TABLE_NAME,
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
