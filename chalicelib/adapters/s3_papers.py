"""Papers in S3: a quarantine that browsers may write one object into, and a store to read from.

Nobody gets an address that reads from the quarantine. There are two buckets so that a lifecycle rule can
empty the quarantine after a day, and so that a policy can refuse every reader of it but the check.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib.domain.errors import StoreBusy
from chalicelib.domain.papers import SIZE_MAX, Paper, PaperNotArrived, PaperRefused, Refusal, UploadForm

if TYPE_CHECKING:
    from chalicelib.domain.ids import FileKey

UPLOAD_SECONDS = 600
OPEN_SECONDS = 60


@dataclass(frozen=True, slots=True)
class S3Papers:
    """The port PaperStore. `client` is boto3's S3 client, made with signature_version "s3v4"."""

    client: Any
    quarantine_bucket: str
    papers_bucket: str

    def form(self, key: "FileKey", paper: Paper) -> UploadForm:
        """Sign a form that uploads this paper, at most `paper.size` bytes of its type, within ten minutes.

        A presigned POST and not a PUT: only a POST's policy can bound the size.
        """
        target = _quarantine_key(key, paper.id)
        fields = {"Content-Type": paper.media_type, "success_action_status": "201"}
        signed = self.client.generate_presigned_post(
            self.quarantine_bucket,
            target,
            Fields=fields,
            Conditions=[
                {"Content-Type": paper.media_type},
                {"success_action_status": "201"},
                ["content-length-range", 1, paper.size],
            ],
            ExpiresIn=UPLOAD_SECONDS,
        )
        return UploadForm(signed["url"], dict(signed["fields"]), paper.id)

    def quarantined(self, key: "FileKey", paper_id: str) -> bytes:
        """Read what was uploaded. Raises PaperNotArrived, or PaperRefused before more than 10 MB are read."""
        with _available():
            try:
                answer = self.client.get_object(Bucket=self.quarantine_bucket, Key=_quarantine_key(key, paper_id))
            except self.client.exceptions.NoSuchKey:
                raise PaperNotArrived(paper_id) from None
        if answer["ContentLength"] > SIZE_MAX:
            answer["Body"].close()
            raise PaperRefused(Refusal.TOO_LARGE)
        with _available():
            data: bytes = answer["Body"].read()
        return data

    def discard(self, key: "FileKey", paper_id: str) -> None:
        """Delete what was uploaded; nothing there is as good."""
        with _available():
            self.client.delete_object(Bucket=self.quarantine_bucket, Key=_quarantine_key(key, paper_id))

    def keep(self, key: "FileKey", paper: Paper, data: bytes, *, digest: str) -> None:
        """Store the checked copy under its digest: what the case commits to can never be overwritten.

        The file's name goes with the object, never into an address: names tell of people, addresses are logged.
        """
        with _available():
            self.client.put_object(
                Bucket=self.papers_bucket,
                Key=_paper_key(key, paper.id, digest),
                Body=data,
                ContentType=paper.media_type,
                ContentDisposition=disposition(paper.name),
                CacheControl="private, no-store",
            )

    def link(self, key: "FileKey", paper: Paper) -> str:
        """Sign an address that downloads a checked paper, for one minute."""
        if paper.digest is None:
            raise ValueError("only a checked paper has a copy to serve")
        address: str = self.client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.papers_bucket,
                "Key": _paper_key(key, paper.id, paper.digest),
            },
            ExpiresIn=OPEN_SECONDS,
        )
        return address


def disposition(name: str) -> str:
    """Write the header that makes browsers save, not show (RFC 6266; RFC 8187 for letters beyond ASCII)."""
    plain = "".join(letter if " " <= letter <= "~" and letter not in '"\\%' else "_" for letter in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


@contextmanager
def _available() -> Iterator[None]:
    """Turn what boto3 raises when S3 does not do it into StoreBusy: said and tried again, not lost."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - with its client, lazily

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StoreBusy("papers") from error


def _quarantine_key(key: "FileKey", paper_id: str) -> str:
    return f"{key.office}/{key.booking_id}/{paper_id}"


def _paper_key(key: "FileKey", paper_id: str, digest: str) -> str:
    return f"{key.office}/{key.booking_id}/{paper_id}/{digest}"
