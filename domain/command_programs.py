"""Programs that are run on hosts and in containers: what they do, and which of them may be named at all."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Final

from kubetriage.domain.command_words import HOLE, CheckedCommand, refused, worst
from kubetriage.domain.finding import Effect

_READERS: Final = frozenset(
    [
        "cat",
        "ls",
        "df",
        "du",
        "ps",
        "env",
        "printenv",
        "head",
        "tail",
        "grep",
        "egrep",
        "zgrep",
        "awk",
        "wc",
        "sort",
        "uniq",
        "stat",
        "id",
        "whoami",
        "date",
        "uname",
        "hostname",
        "uptime",
        "free",
        "netstat",
        "ss",
        "lsof",
        "lsblk",
        "blkid",
        "findmnt",
        "vmstat",
        "iostat",
        "nvidia-smi",
        "nslookup",
        "dig",
        "host",
        "getent",
        "ping",
        "ping6",
        "traceroute",
        "tracepath",
        "arp",
        "nproc",
        "top",
        "pgrep",
        "pidof",
        "which",
        "file",
        "readlink",
        "sha256sum",
        "md5sum",
        "diff",
        "test",
        "echo",
        "true",
        "sleep",
        "java",
        "jstack",
        "jcmd",
        "jps",
        "pg_isready",
        "mysqladmin",
        "curl",
        "wget",
        "nc",
        "ncat",
        "telnet",
        "openssl",
        "dmesg",
        "ip",
        "mount",
        "find",
        "timedatectl",
        "chronyc",
        "ntpq",
        "sysctl",
        "ulimit",
        "redis-cli",
        "psql",
        "mysql",
        "mongosh",
        "mongo",
        "etcdctl",
        "rabbitmqctl",
        "lscpu",
        "cut",
        "tr",
        "xxd",
        "strings",
        "base64",
        "conntrack",
        "iptables",
        "ethtool",
        "nstat",
        "sar",
        "systemd-analyze",
    ]
)
_DESTROYERS: Final = frozenset(
    [
        "rm",
        "rmdir",
        "kill",
        "pkill",
        "killall",
        "kill5",
        "shutdown",
        "reboot",
        "halt",
        "poweroff",
        "dd",
        "truncate",
        "shred",
        "fdisk",
        "parted",
        "wipefs",
        "dropdb",
        "unlink",
        "fstrim",
        "umount",
        "swapoff",
        "userdel",
    ]
)
_CHANGERS: Final = frozenset(
    [
        "touch",
        "mkdir",
        "mv",
        "cp",
        "chmod",
        "chown",
        "ln",
        "tee",
        "sed",
        "nginx",
        "apachectl",
        "rabbitmq-plugins",
        "pg_ctl",
        "createdb",
        "createuser",
        "sync",
        "logger",
        "modprobe",
    ]
)
_SHELLS: Final = frozenset({"sh", "bash", "ash", "dash", "/bin/sh", "/bin/bash", "zsh"})
_SECRETS: Final = re.compile(
    r"/(?:var/)?run/secrets|/etc/(?:shadow|kubernetes/(?:pki|admin)|ssl/private)|/\.(?:ssh|kube|aws|docker)(?:/|$)"
    r"|(?:^|/)(?:id_[rd]sa|\.pgpass|\.netrc|\.git-credentials)|\.(?:key|pem|kubeconfig)$|/serviceaccount/token"
)
_SENDS: Final = frozenset(
    ("-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "-F", "--form", "-T", "--upload-file", "--json",
     "--post-data", "--post-file", "--body-data", "--body-file", "-X", "--request", "--method")
)  # fmt: skip
_DROPS: Final = re.compile(
    r"\b(?:drop|truncate|delete\s+from|flushall|flushdb|shutdown|kill|dropdatabase|remove|purge|forget_cluster_node)\b",
    re.I,
)
_WRITES: Final = re.compile(
    r"\b(?:insert|update|alter|create|grant|revoke|vacuum|reindex|set|put|del|config\s+set|import|add|stop_app|start_app)\b",
    re.I,
)
_DATABASES: Final = frozenset(
    {"redis-cli", "psql", "mysql", "mongosh", "mongo", "etcdctl", "rabbitmqctl", "mysqladmin"}
)
_STATES: Final = {
    "systemctl": (
        frozenset(
            [
                "status",
                "is-active",
                "is-enabled",
                "is-failed",
                "list-units",
                "list-unit-files",
                "list-timers",
                "show",
                "cat",
            ]
        ),
        frozenset(
            [
                "start",
                "restart",
                "reload",
                "daemon-reload",
                "enable",
                "reset-failed",
                "try-restart",
                "unmask",
                "set-default",
            ]
        ),
    ),
    "crictl": (
        frozenset(
            [
                "ps",
                "pods",
                "images",
                "img",
                "inspect",
                "inspecti",
                "inspectp",
                "logs",
                "stats",
                "statsp",
                "info",
                "version",
                "imagefsinfo",
            ]
        ),
        frozenset(["pull", "start", "update", "port-forward"]),
    ),
}
"""Subcommands that read, and that change; the others destroy."""
_DESTROYING: Final = {
    "systemctl": frozenset(
        ["stop", "disable", "mask", "kill", "isolate", "halt", "poweroff", "reboot", "suspend"]
    ),
    "crictl": frozenset(["rm", "rmi", "rmp", "stop", "stopp"]),
}
_HARMLESS: Final = re.compile(r"\d?>&\d|\d?>{1,2} ?/dev/null|2>/dev/null")
HOST_PROGRAMS: Final = frozenset({"systemctl", "journalctl", "crictl", *_READERS})
"""What may be run on a host."""


def run(words: Sequence[str]) -> CheckedCommand:
    """What a program does where it runs."""
    if not words:
        return CheckedCommand(Effect.CHANGE, "")
    name = words[0].rpartition("/")[2] if words[0] not in _SHELLS else words[0]
    if any(_SECRETS.search(word) for word in words[1:]):
        return refused("it reads credentials")
    if words[0] in _SHELLS:
        return _shell(words)
    if name in ("sudo", "time", "nohup", "timeout", "nice", "stdbuf", "xargs", "watch", "exec"):
        rest = [word for word in words[1:]]
        while rest and (rest[0].startswith("-") or rest[0].rstrip("sm").isdecimal()):
            rest.pop(0)
        return run(rest) if rest else refused("it runs nothing")
    if name in _STATES:
        return _by_subcommand(name, words[1:])
    if name in _DESTROYERS or name.startswith("mkfs"):
        return CheckedCommand(Effect.DESTRUCTIVE, "")
    if name in _READERS or name == "journalctl":
        return CheckedCommand(_read(name, words[1:]), "")
    return CheckedCommand(Effect.CHANGE, "")


def is_known(words: Sequence[str]) -> bool:
    """Whether a program may be run on a host at all."""
    name = words[0].rpartition("/")[2] if words else ""
    if name in _SHELLS or name == "sudo":
        return name == "sudo" and is_known(words[1:])
    return name in HOST_PROGRAMS or name in _DESTROYERS or name in _CHANGERS


def _by_subcommand(name: str, rest: Sequence[str]) -> CheckedCommand:
    sub = next((word for word in rest if not word.startswith("-")), "")
    reads, changes = _STATES[name]
    if name == "crictl" and sub == "exec":
        inner = [word for word in rest[rest.index("exec") + 1 :] if not word.startswith("-")]
        return run(inner[1:])
    if sub in reads:
        return CheckedCommand(Effect.READ, "")
    if sub in changes:
        return CheckedCommand(Effect.CHANGE, "")
    return CheckedCommand(
        Effect.DESTRUCTIVE, "" if sub in _DESTROYING[name] else f"{name} has no {sub!r} that is known"
    )


def _read(name: str, rest: Sequence[str]) -> Effect:
    """What a program does that mostly reads: some of its arguments write."""
    said = " ".join(rest)
    if name in _DATABASES:
        return (
            Effect.DESTRUCTIVE
            if _DROPS.search(said)
            else Effect.CHANGE
            if _WRITES.search(said)
            else Effect.READ
        )
    if name == "find":
        deletes = "-delete" in rest or any(word in ("-exec", "-execdir", "-ok") for word in rest)
        return Effect.DESTRUCTIVE if deletes else Effect.READ
    if name in ("curl", "wget"):
        return _of_transfer(rest)
    if name == "journalctl":
        return Effect.DESTRUCTIVE if re.search(r"--(?:vacuum|rotate|flush)", said) else Effect.READ
    if name == "dmesg" and re.search(r"(?:^| )-{1,2}(?:C|c|clear|read-clear)\b", said):
        return Effect.DESTRUCTIVE
    if name == "ip" and re.search(r"\b(?:add|del|delete|flush|set|change|replace)\b", said):
        return Effect.DESTRUCTIVE
    if name == "iptables" and not re.search(r"(?:^| )(?:-L|-S|--list|-n|-v)", said):
        return Effect.DESTRUCTIVE
    writes = {
        "sysctl": r"(?:^| )-w|=",
        "mount": r"\w",
        "sort": r"(?:^| )-o",
        "timedatectl": r"\bset-",
        "conntrack": r"(?:^| )-[DFUI]",
    }
    pattern = writes.get(name)
    plain = name == "mount" and said in ("", "-l")
    return Effect.CHANGE if pattern is not None and not plain and re.search(pattern, said) else Effect.READ


def _of_transfer(rest: Sequence[str]) -> Effect:
    for number, word in enumerate(rest):
        flag, _, value = word.partition("=")
        given = value or (rest[number + 1] if number + 1 < len(rest) else "")
        if flag in ("-X", "--request", "--method"):
            if given.upper() not in ("GET", "HEAD", "OPTIONS"):
                return Effect.DESTRUCTIVE if given.upper() == "DELETE" else Effect.CHANGE
        elif (
            flag in _SENDS
            or re.match(r"-[dFT]\S", word)
            or (word.startswith("-X") and word[2:] not in ("GET", "HEAD"))
        ):
            return Effect.CHANGE
    return Effect.READ


def _shell(words: Sequence[str]) -> CheckedCommand:
    """`sh -c '…'`: the worst of its parts; a shell alone may do anything."""
    script = next(
        (words[i + 1] for i, word in enumerate(words[:-1]) if re.fullmatch(r"-[a-z]*c", word)), None
    )
    if script is None:
        return CheckedCommand(Effect.CHANGE, "")
    if re.search(r"\$\(|`|\beval\b|<\(", script):
        return refused("it uses a shell's substitutions")
    plain = _HARMLESS.sub(" ", script)
    effects = [Effect.CHANGE] if ">" in plain else []
    for part in re.split(r"\|\||&&|[|;&\n]|\b(?:do|then|else)\b", plain):
        try:
            inner = shlex.split(part.partition(">")[0].replace("(", " ").replace(")", " "))
        except ValueError:
            return refused("it cannot be parsed")
        inner = [
            word for word in inner if word not in ("while", "until", "if", "for", "done", "fi", "!", "{", "}")
        ]
        if inner and not re.match(r"[A-Za-z_]+=", inner[0]):
            seen = run(inner)
            if seen.problem:
                return seen
            effects.append(seen.effect)
    return CheckedCommand(worst(*effects) if effects else Effect.READ, "")


_HOSTS: Final = re.compile(
    r"(?:https?|ftp|tcp|grpc|ws)s?://(?:[^/@\s'\"]*@)?(\[[0-9a-f:]+\]|[^/:\s'\"?#]+)", re.I
)
LOCAL: Final = frozenset(
    {"localhost", "127.0.0.1", "[::1]", "0.0.0.0", "kubernetes.default", "kubernetes.default.svc", HOLE}
)


def hosts_in(words: Sequence[str]) -> list[str]:
    """The hosts of the addresses that a command names, the machine's own left out."""
    found = [m[1].lower() for word in words for m in _HOSTS.finditer(word)]
    return [host for host in found if host not in LOCAL]
