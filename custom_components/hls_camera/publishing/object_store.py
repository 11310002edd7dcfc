"""An object store as a destination: S3, and servers that speak its protocol.

Only this module needs its library; import it where an object store is used.
"""

from collections.abc import AsyncGenerator, Collection, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any, Final, Self, override

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    ReadTimeoutError,
    SSLError,
)

from .destination import Destination, File
from .errors import PublishError, PublishProblem

_CONNECT_TIMEOUT_S: Final = 10.0
_READ_TIMEOUT_S: Final = 20.0
_NOT_FOUND: Final = frozenset({"404", "NoSuchKey"})
_PROBLEMS: Final = {
    "403": PublishProblem.FORBIDDEN,
    "AccessDenied": PublishProblem.FORBIDDEN,
    "InvalidAccessKeyId": PublishProblem.LOGIN_REJECTED,
    "NoSuchBucket": PublishProblem.NOT_FOUND,
    "QuotaExceeded": PublishProblem.FULL,
    "RequestTimeTooSkewed": PublishProblem.CLOCK_WRONG,
    "SignatureDoesNotMatch": PublishProblem.LOGIN_REJECTED,
    "XMinioStorageFull": PublishProblem.FULL,
}


class ObjectStore(Destination):
    """Writes objects of a bucket, whose keys begin with a prefix."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        """Use `open()` instead."""
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._resources = AsyncExitStack()

    @classmethod
    async def open(
        cls,
        *,
        bucket: str,
        prefix: str,
        access_key_id: str,
        secret_access_key: str,
        endpoint: str | None = None,
        region: str | None = None,
    ) -> Self:
        """Open a client; `endpoint` is the address of a server that is not Amazon's.

        Raises:
            PublishError: the endpoint is no address.

        """
        config = AioConfig(
            connect_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=_READ_TIMEOUT_S,
            retries={"max_attempts": 0},
            # Otherwise the library would read its descriptions of S3 in the event loop.
            warm_up_loader_caches=True,
        )
        store = cls(None, bucket, prefix.strip("/"))
        try:
            opening = AioSession().create_client(
                "s3",
                endpoint_url=endpoint,
                region_name=region or "us-east-1",
                aws_access_key_id=access_key_id,
                aws_secret_access_key=secret_access_key,
                config=config,
            )
            store._client = await store._resources.enter_async_context(opening)
        except ValueError as err:
            raise PublishError(PublishProblem.UNREACHABLE) from err
        return store

    @override
    async def put(self, file: File) -> None:
        with _problems():
            await self._client.put_object(
                Bucket=self._bucket,
                Key=self._key(file.name),
                Body=file.data,
                ContentType=file.content_type,
                CacheControl=file.cache_control,
            )

    @override
    async def get(self, name: str) -> bytes | None:
        try:
            with _problems():
                answer = await self._client.get_object(
                    Bucket=self._bucket, Key=self._key(name)
                )
                async with answer["Body"] as body:
                    data: bytes = await body.read()
                return data
        except _MissingObjectError:
            return None

    @override
    async def remove(self, name: str) -> None:
        with _problems():
            await self._client.delete_object(Bucket=self._bucket, Key=self._key(name))

    @override
    async def names(self) -> Collection[str]:
        return [name async for name in self._names()]

    async def _names(self) -> AsyncGenerator[str]:
        start = self._key("")
        with _problems():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=start, Delimiter="/"
            )
            async for page in pages:
                for each in page.get("Contents", ()):
                    yield each["Key"].removeprefix(start)

    @override
    async def close(self) -> None:
        await self._resources.aclose()

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name


class _MissingObjectError(Exception):
    """There is no such object."""


@contextmanager
def _problems() -> Iterator[None]:
    """Turn the library's errors into PublishError."""
    try:
        yield
    except ClientError as err:
        code = str(err.response.get("Error", {}).get("Code", ""))
        if code in _NOT_FOUND:
            raise _MissingObjectError from err
        raise PublishError(_PROBLEMS.get(code, PublishProblem.REFUSED), code) from err
    except (ConnectTimeoutError, ReadTimeoutError, TimeoutError) as err:
        raise PublishError(PublishProblem.TIMED_OUT) from err
    except SSLError as err:
        is_untrusted = "CERTIFICATE_VERIFY_FAILED" in str(err).upper()
        problem = (
            PublishProblem.TLS_FAILED if is_untrusted else PublishProblem.TLS_MISSING
        )
        raise PublishError(problem) from err
    except (BotoCoreError, OSError) as err:
        raise PublishError(PublishProblem.UNREACHABLE) from err
