"""All targets, by name."""

from typing import Final

from . import addresses, devices, media, requests, texts
from .nut_sections import mutate_nut
from .target import Target

TARGETS: Final = {
    "nut": Target(
        run=media.read_nut,
        seeds=lambda: [b"\x0a" + seed for seed in media.seeds()],
        words=media.WORDS,
        mutate=mutate_nut,
    ),
    "media": Target(
        run=media.package,
        seeds=media.seeds,
        words=media.WORDS,
        mutate=mutate_nut,
    ),
    "requests": Target(run=requests.ask, seeds=requests.seeds, words=requests.WORDS),
    "addresses": Target(
        run=addresses.parse, seeds=addresses.seeds, words=addresses.WORDS
    ),
    "soap": Target(
        run=devices.read_soap, seeds=devices.soap_seeds, words=devices.SOAP_WORDS
    ),
    "discovery": Target(
        run=devices.read_discovery,
        seeds=devices.discovery_seeds,
        words=devices.SOAP_WORDS,
    ),
    "rtsp": Target(
        run=devices.read_rtsp, seeds=devices.rtsp_seeds, words=devices.RTSP_WORDS
    ),
    "texts": Target(run=texts.read, seeds=texts.seeds, words=texts.WORDS),
}
