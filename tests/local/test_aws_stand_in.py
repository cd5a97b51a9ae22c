"""The AWS stand-in keeps what it acknowledged over `kill -9`, and lets only the front door's pages in."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.aws.mails import MailFolder
from local.aws.process import AwsProcess

pytestmark = pytest.mark.aws
TABLE = "fernamt-office"


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[AwsProcess]:
    with AwsProcess(tmp_path) as process:
        yield process


def item(number: int, **more: Any) -> dict[str, Any]:
    return {"pk": {"S": f"heidelberg|FILE|{number:05d}"}, "sk": {"S": "HEAD"}, "rev": {"N": "1"}, **more}


def numbers_of(aws: AwsProcess) -> list[int]:
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE)
    return sorted(int(found["pk"]["S"][-5:]) for page in pages for found in page["Items"])


def stream_records(aws: AwsProcess) -> list[dict[str, Any]]:
    streams = aws.client("dynamodbstreams")
    (stream,) = streams.list_streams(TableName=TABLE)["Streams"]
    (shard,) = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records: list[dict[str, Any]] = streams.get_records(ShardIterator=iterator)["Records"]
    return records


def test_every_acknowledged_write_outlives_kill_9(aws: AwsProcess) -> None:
    """Eight writers write while the process is killed at no particular moment: 0 acknowledged is missing."""
    acknowledged: list[int] = []
    stop = threading.Event()

    def write(writer: int) -> None:
        dynamodb = aws.client("dynamodb", config=boto3.session.Config(retries={"max_attempts": 0}))
        number = writer
        while not stop.is_set():
            try:
                dynamodb.put_item(TableName=TABLE, Item=item(number))
            except Exception:  # noqa: BLE001  the process was killed: any error may come, and ends the writer
                return
            acknowledged.append(number)
            number += 8

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for writer in writers:
        writer.start()
    while len(acknowledged) < 100:
        time.sleep(0.01)
    aws.kill()
    stop.set()
    for writer in writers:
        writer.join()
    aws.start()
    assert not set(acknowledged) - set(numbers_of(aws))


def test_deletes_updates_transactions_and_the_stream_outlive_two_restarts(aws: AwsProcess) -> None:
    dynamodb = aws.client("dynamodb")
    dynamodb.put_item(TableName=TABLE, Item=item(1))
    dynamodb.put_item(TableName=TABLE, Item=item(2))
    dynamodb.delete_item(TableName=TABLE, Key={"pk": item(1)["pk"], "sk": item(1)["sk"]})
    dynamodb.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": TABLE, "Item": item(3, day_pk={"S": "d"}, day_sk={"S": "3"})}},
            {
                "Update": {
                    "TableName": TABLE,
                    "Key": {"pk": item(2)["pk"], "sk": item(2)["sk"]},
                    "UpdateExpression": "ADD rev :one",
                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                }
            },
        ]
    )
    before = stream_records(aws)
    arn = dynamodb.describe_table(TableName=TABLE)["Table"]["LatestStreamArn"]
    for _ in range(2):
        aws.kill()
        aws.start()
    assert numbers_of(aws) == [2, 3]
    got = dynamodb.get_item(TableName=TABLE, Key={"pk": item(2)["pk"], "sk": item(2)["sk"]})
    assert got["Item"]["rev"]["N"] == "2"
    day = dynamodb.query(
        TableName=TABLE,
        IndexName="day",
        KeyConditionExpression="day_pk = :day",
        ExpressionAttributeValues={":day": {"S": "d"}},
    )
    assert [found["pk"] for found in day["Items"]] == [item(3)["pk"]]
    assert stream_records(aws) == before
    assert [record["eventName"] for record in before] == ["INSERT", "INSERT", "REMOVE", "INSERT", "MODIFY"]
    assert dynamodb.describe_table(TableName=TABLE)["Table"]["LatestStreamArn"] == arn


def test_papers_and_buckets_outlive_kill_9(aws: AwsProcess) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket="fernamt-papers", Key="heidelberg/1/paper", Body=b"%PDF-", ContentType="application/pdf")
    aws.kill()
    aws.start()
    got = s3.get_object(Bucket="fernamt-papers", Key="heidelberg/1/paper")
    assert got["Body"].read() == b"%PDF-"
    assert got["ContentType"] == "application/pdf"
    assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} == {
        "fernamt-papers",
        "fernamt-quarantine",
    }


def test_an_accepted_mail_is_kept_whole(aws: AwsProcess, tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"] = "buergeramt@fernamt.example"
    message["To"] = "kim@example.org"
    message["Subject"] = "Ihr Termin am Dienstag"
    message.set_content("Guten Tag")
    message.add_attachment(b"BEGIN:VCALENDAR\r\n", maintype="text", subtype="calendar", filename="termin.ics")
    aws.client("sesv2").send_email(
        FromEmailAddress="buergeramt@fernamt.example",
        Destination={"ToAddresses": ["kim@example.org"]},
        Content={"Raw": {"Data": message.as_bytes()}},
    )
    aws.kill()
    (mail,) = MailFolder(tmp_path / "mails").newest_first()
    assert mail.raw == message.as_bytes()
    assert mail.recipients == ("kim@example.org",)


def test_pages_of_strangers_are_refused(aws: AwsProcess) -> None:
    request = urllib.request.Request(aws.endpoint_url + "/", headers={"Origin": "http://stranger.example"})
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=5)
    assert refusal.value.code == 403
    refusal.value.close()


def test_what_the_office_does_not_use_is_not_served(aws: AwsProcess) -> None:
    """A service that runs code must not stand open on a developer's machine."""
    with pytest.raises(aws.client("lambda").exceptions.ClientError):
        aws.client("lambda", config=boto3.session.Config(retries={"max_attempts": 0})).list_functions()
