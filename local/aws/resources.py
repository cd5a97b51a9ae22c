"""What the infrastructure as code makes on AWS, made in the stand-in: buckets and their rules, the sender."""

import contextlib
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local.aws.names import ACCESS_KEY, PAPERS_BUCKET, QUARANTINE_BUCKET, SECRET_KEY

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client


def declare(*, endpoint_url: str, region: str, origin: str, sender: str) -> None:
    """Create what is missing; what is there stays. Raises ClientError, and EndpointConnectionError."""
    session = boto3.Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=region)
    patient = Config(retries={"max_attempts": 8, "mode": "standard"}, connect_timeout=2, read_timeout=10)
    s3: S3Client = session.client("s3", endpoint_url=endpoint_url, config=patient)
    ses: SESV2Client = session.client("sesv2", endpoint_url=endpoint_url, config=patient)
    for bucket in (QUARANTINE_BUCKET, PAPERS_BUCKET):
        _create_bucket(s3, bucket, region=region, origin=origin)
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=sender)


def _create_bucket(s3: "S3Client", bucket: str, *, region: str, origin: str) -> None:
    """A bucket that the front door's pages may post to and read from, with presigned requests."""
    try:
        s3.create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": region},  # type: ignore[typeddict-item]  # any region
        )
    except ClientError as refusal:
        if refusal.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    s3.put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedOrigins": [origin],
                    "AllowedMethods": ["GET", "POST"],
                    "AllowedHeaders": ["*"],
                    "MaxAgeSeconds": 3000,
                }
            ]
        },
    )
