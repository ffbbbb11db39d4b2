"""Which Redis commands Upstash has over TCP and over REST, and which of those Valkey lacks.

Sources: upstash.com/docs/redis/overall/rediscompatibility, /redis/commands and /redis/features/restapi,
read 2026-11-23. A container command is listed whole, or with each subcommand as `CLIENT|GETNAME`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

DOCUMENTATION = "https://upstash.com/docs/redis/overall/rediscompatibility"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


STRING = _names(
    "APPEND DECR DECRBY GET GETDEL GETEX GETRANGE GETSET INCR INCRBY INCRBYFLOAT MGET MSET MSETEX MSETNX"
    " PSETEX SET SETEX SETNX SETRANGE STRLEN"
)
BITMAP = _names("BITCOUNT BITFIELD BITFIELD_RO BITOP BITPOS GETBIT SETBIT")
HASH = _names(
    "HDEL HEXISTS HEXPIRE HEXPIREAT HEXPIRETIME HGET HGETALL HGETDEL HGETEX HINCRBY HINCRBYFLOAT HKEYS HLEN"
    " HMGET HMSET HPERSIST HPEXPIRE HPEXPIREAT HPEXPIRETIME HPTTL HRANDFIELD HSCAN HSET HSETEX HSETNX HSTRLEN"
    " HTTL HVALS"
)
LIST = _names(
    "LINDEX LINSERT LLEN LMOVE LMPOP LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM RPOP RPOPLPUSH RPUSH"
    " RPUSHX"
)
SET = _names(
    "SADD SCARD SDIFF SDIFFSTORE SINTER SINTERCARD SINTERSTORE SISMEMBER SMEMBERS SMISMEMBER SMOVE SPOP"
    " SRANDMEMBER SREM SSCAN SUNION SUNIONSTORE"
)
SORTED_SET = _names(
    "ZADD ZCARD ZCOUNT ZDIFF ZDIFFSTORE ZINCRBY ZINTER ZINTERCARD ZINTERSTORE ZLEXCOUNT ZMPOP ZMSCORE ZPOPMAX"
    " ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANGESTORE ZRANK ZREM ZREMRANGEBYLEX"
    " ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION"
    " ZUNIONSTORE"
)
GEO = _names(
    "GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEORADIUS_RO GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEOSEARCH"
    " GEOSEARCHSTORE"
)
HYPERLOGLOG = _names("PFADD PFCOUNT PFMERGE")
SCRIPTING = _names(
    "EVAL EVAL_RO EVALSHA EVALSHA_RO SCRIPT|EXISTS SCRIPT|FLUSH SCRIPT|KILL SCRIPT|LOAD FCALL FCALL_RO"
    " FUNCTION|DELETE FUNCTION|FLUSH FUNCTION|KILL FUNCTION|LIST FUNCTION|LOAD FUNCTION|STATS"
)
GENERIC = _names(
    "COPY DEL DUMP EXISTS EXPIRE EXPIREAT EXPIRETIME KEYS MEMORY|USAGE PERSIST PEXPIRE PEXPIREAT PEXPIRETIME"
    " PTTL RANDOMKEY RENAME RENAMENX RESTORE SCAN TOUCH TTL TYPE UNLINK WAIT WAITAOF"
)
STREAM = _names(
    "XACK XADD XAUTOCLAIM XCLAIM XDEL XGROUP XINFO XLEN XPENDING XRANGE XREAD XREADGROUP XREVRANGE XTRIM"
)
SERVER = _names("COMMAND DBSIZE FLUSHALL FLUSHDB INFO TIME")
BOTH = _names("PING ECHO PUBLISH PUBSUB")

REST = frozenset().union(
    STRING,
    BITMAP,
    HASH,
    LIST,
    SET,
    SORTED_SET,
    GEO,
    HYPERLOGLOG,
    SCRIPTING,
    GENERIC,
    STREAM,
    SERVER,
    BOTH,
) - _names("WAIT WAITAOF")

BLOCKING = _names("BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN WAIT WAITAOF")
CONNECTION = _names(
    "AUTH HELLO QUIT RESET SELECT CLIENT|GETNAME CLIENT|ID CLIENT|INFO CLIENT|LIST CLIENT|SETINFO"
    " CLIENT|SETNAME"
)
TRANSACTION = _names("DISCARD EXEC MULTI UNWATCH WATCH")
SUBSCRIPTION = _names("PSUBSCRIBE PUNSUBSCRIBE SUBSCRIBE UNSUBSCRIBE MONITOR")

TCP = REST | BLOCKING | CONNECTION | TRANSACTION | SUBSCRIPTION

LACKING = _names(
    "ACL CONFIG DELEX DIGEST XACKDEL XDELEX ARCOUNT ARDEL ARDELRANGE ARGET ARGETRANGE ARGREP ARINFO ARINSERT"
    " ARLASTITEMS ARLEN ARMGET ARMSET ARNEXT AROP ARRING ARSCAN ARSEEK ARSET"
)
"""What of Upstash is missing here, besides JSON.*: Valkey lacks it, or (ACL, CONFIG) it is not given away."""


@dataclass(frozen=True)
class Refusal:
    """HTTP status and the text of the `error` field."""

    status: int
    error: str


def rest_refusal(arguments: Sequence[bytes]) -> Refusal | None:
    """Why REST doesn't take this command; None if it does. `arguments` begins with the command's name."""
    name = arguments[0].decode("utf-8", "replace").upper()
    subcommand = arguments[1].decode("utf-8", "replace").upper() if len(arguments) > 1 else ""
    if name in LACKING or name.startswith("JSON."):
        return Refusal(501, f"ERR the local Upstash does not implement '{name}'")
    if name not in REST and f"{name}|{subcommand}" not in REST:
        return _not_available(name)
    if name in ("XREAD", "XREADGROUP") and _blocks(arguments):
        return _not_available(f"{name} BLOCK")
    return None


def _blocks(arguments: Sequence[bytes]) -> bool:
    for argument in arguments[1:]:
        match argument.upper():
            case b"STREAMS":
                return False
            case b"BLOCK":
                return True
    return False


def _not_available(name: str) -> Refusal:
    return Refusal(400, f"ERR Command is not available: '{name}'. See {DOCUMENTATION} for details")


def acl(default: str, reader: str, control: str) -> str:
    """The users as Valkey's ACL file has them; each argument is the SHA-256 of a user's password, in hex.

    `default` may do what Upstash lets a database's password and its REST token do, `reader` what it lets the
    read-only token do (no KEYS, no SCAN); `control` is the local cloud's own.
    """
    allowed = " ".join(f"+{name.lower()}" for name in sorted(TCP))
    own = "+ping +acl|load +client|kill +config|set"
    return "\n".join(
        (
            f"user default on #{default} ~* &* -@all {allowed}",
            f"user reader on #{reader} ~* resetchannels -@all +@read -@dangerous -scan +ping +echo +time",
            f"user control on #{control} resetkeys resetchannels -@all {own}",
            "",
        )
    )
