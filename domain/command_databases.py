"""Clients of databases and queues: what a statement does, and whom it is sent to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from kubetriage.domain.command_words import CheckedCommand, refused, words_of
from kubetriage.domain.finding import Effect

_DROPS: Final = re.compile(
    r"\b(?:drop|truncate|delete|del|unlink|flushall|flushdb|shutdown|kill|stop|dropdatabase|remove|purge"
    r"|forget_cluster_node|reset|force_reset|terminate|pg_terminate_backend|failover|restore|compact|program"
    r"|outfile|system)\b|\\!",
    re.IGNORECASE,
)
_SQL: Final = re.compile(r"\s*(?:select|show|explain|describe|desc|with|table|values|\\[dlcz])", re.I)
_WRITES: Final = re.compile(
    r"\b(?:insert|update|alter|create|grant|revoke|vacuum|reindex|set|copy|call|do|into|lock|import|replace"
    r"|lo_import|lo_export|pg_reload_conf|pg_read_file|dblink\w*|analyze)\b",
    re.IGNORECASE,
)
_KEYS: Final = words_of(
    """
    get mget ping info dbsize llen lrange scard smembers hget hgetall hlen zcard zrange ttl pttl type exists
    keys scan sscan hscan zscan strlen xlen xinfo time lastsave role latency slowlog memory object pubsub
    """
)
_KEYS_OF: Final = {
    "client": "list info id",
    "config": "get",
    "cluster": "info nodes slots shards",
    "acl": "whoami",
}
_SUBCOMMANDS: Final = {
    "mysqladmin": words_of("ping status extended-status processlist variables version"),
    "rabbitmqctl": words_of(
        "status cluster_status environment ping version report node_health_check list_queues list_connections"
        " list_channels list_exchanges list_bindings list_consumers list_users list_vhosts list_permissions"
        " list_policies list_unresponsive_queues"
    ),
    "rabbitmq-diagnostics": words_of("status ping check_running check_local_alarms alarms memory_breakdown"),
    "etcdctl": words_of("get version endpoint alarm member check"),
    "pg_isready": frozenset(),
    "nodetool": words_of("status info tpstats ring compactionstats netstats describecluster"),
}
_ETCD: Final = re.compile(
    r"\b(?:endpoint (?:health|status|hashkv)|alarm list|member list|check perf|version)\b"
)
_DOCUMENTS: Final = re.compile(
    r"[\s;]*(?:rs\.(?:status|conf|printReplicationInfo)\(\)|db\.(?:stats|serverStatus|currentOp|hello|version)\(\)"
    r"|db\.\w+\.(?:find|findOne|count|countDocuments|stats|getIndexes)\([^()]*\)|show \w+)[\s;]*",
)
_SECRET: Final = re.compile(
    r"requirepass|masterauth|pg_(?:shadow|authid)|mysql\.user|/?registry/secrets", re.I
)
CLIENTS: Final = frozenset({"redis-cli", "psql", "mysql", "mongosh", "mongo", *_SUBCOMMANDS})
_HOST: Final = re.compile(r"(?:-h|-H|--host(?:name)?|--endpoints)(?:=(.+))?")
_WITH_VALUE: Final = words_of(
    """
    -h -p -U -d -u -n -c -e -P -D -a -H --host --port --username --user --dbname --database --pass --command
    --execute --eval --endpoints --cacert --cert --key -q --vhost -t
    """
)


def of_client(name: str, rest: Sequence[str]) -> CheckedCommand:
    """What one call of a client does; whatever is not known to read, changes."""
    said = " ".join(rest)
    dumps = name == "etcdctl" and "get" in _plain(rest) and not {"--keys-only", "--count-only"} & set(rest)
    if _SECRET.search(said) or dumps:  # everything of a cluster lies in its etcd, Secrets too
        return refused("it reads credentials")
    if _DROPS.search(said):
        return CheckedCommand(Effect.DESTRUCTIVE, "")
    reads = _READERS.get(name, _by_subcommand)
    return CheckedCommand(Effect.READ if reads(name, rest) else Effect.CHANGE, "")


def hosts_of(name: str, rest: Sequence[str]) -> list[str]:
    """The hosts that a client is told to ask, without their ports."""
    found: list[str] = []
    for number, word in enumerate(rest):
        flag = _HOST.fullmatch(word)
        if flag is not None and name != "rabbitmqctl":
            value = flag[1] or (rest[number + 1] if number + 1 < len(rest) else "")
            found += [re.sub(r"^\w+://|:\d+$", "", each) for each in value.split(",")]
    return [host for host in found if host and not host.startswith("/")]


def _plain(rest: Sequence[str]) -> list[str]:
    """The words that are no flags and no flag's value."""
    found: list[str] = []
    skip = False
    for word in rest:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in _WITH_VALUE
        else:
            found.append(word)
    return found


def _by_subcommand(name: str, rest: Sequence[str]) -> bool:
    words = _plain(rest)
    known = _SUBCOMMANDS.get(name, frozenset())
    return not known or (bool(words) and words[0] in known)


def _sql(name: str, rest: Sequence[str]) -> bool:
    flags = ("-c", "-e", "--command", "--execute")
    given = [rest[i + 1] for i, word in enumerate(rest[:-1]) if word in flags]
    given += [word.partition("=")[2] for word in rest if word.startswith(("--command=", "--execute="))]
    if any(word.startswith(("-f", "--file")) for word in rest):
        return False
    parts = [part for each in given for part in each.split(";") if part.strip()]
    if not parts:  # a list of databases, a version, or a session in which anything may be said
        return any(word in ("-l", "--list", "--version", "-V") for word in rest)
    return all(_SQL.match(part) and not _WRITES.search(part) for part in parts)


def _keys(name: str, rest: Sequence[str]) -> bool:
    words = [word.lower() for word in _plain(rest)]
    if not words:
        return any(word in ("--version", "-v", "--bigkeys", "--stat", "--latency") for word in rest)
    if words[0] in _KEYS_OF:
        return len(words) > 1 and words[1] in _KEYS_OF[words[0]].split()
    return words[0] in _KEYS and "purge" not in words


def _documents(name: str, rest: Sequence[str]) -> bool:
    given = [rest[i + 1] for i, word in enumerate(rest[:-1]) if word == "--eval"]
    return bool(given) and all(_DOCUMENTS.fullmatch(each) for each in given)


def _etcd(name: str, rest: Sequence[str]) -> bool:
    return _ETCD.search(" ".join(_plain(rest))) is not None


_READERS: Final = {
    "psql": _sql, "mysql": _sql, "redis-cli": _keys, "mongosh": _documents, "mongo": _documents,
    "etcdctl": _etcd,
}  # fmt: skip
