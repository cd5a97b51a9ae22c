"""What a page may talk to: ourselves, the store that takes papers, the media workers' door where it is not ours."""

from dataclasses import replace

from chalicelib.composition import Fernamt
from chalicelib.web.headers import Headers
from tests.doubles.house import House


def policy(house: Fernamt) -> dict[str, str]:
    rules = house.headers.of("page")["Content-Security-Policy"].split("; ")
    return {name: sources for name, _, sources in (rule.partition(" ") for rule in rules)}


def test_scripts_reach_the_media_workers_door_wherever_it_is() -> None:
    here = House()
    assert "media" not in policy(here)["connect-src"]
    settings = replace(here.settings, media_url="https://media.example/media")
    elsewhere = Fernamt(settings, here.clock, here.chance)
    assert policy(elsewhere)["connect-src"].split()[-1] == "https://media.example"


def test_without_any_other_origin_scripts_talk_to_us_alone() -> None:
    rules = Headers(upload_origin="", download_origin="", secure=True).of("page")["Content-Security-Policy"]
    assert "connect-src 'self';" in rules
