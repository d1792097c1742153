"""Programs that are run on hosts and in containers: what they do, and which of them may be named at all."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Final

from kubetriage.domain.command_credentials import reads_credentials
from kubetriage.domain.command_databases import CLIENTS, hosts_of, of_client
from kubetriage.domain.command_words import HOLE, CheckedCommand, refused, words_of, worst
from kubetriage.domain.finding import Effect

_READERS: Final = words_of(
    """
    cat ls df du ps printenv head tail grep egrep zgrep wc sort uniq stat id whoami date
    uname hostname uptime free netstat ss lsof lsblk blkid findmnt vmstat iostat nvidia-smi nslookup
    dig host getent ping ping6 traceroute tracepath arp nproc top pgrep pidof which file readlink
    sha256sum md5sum diff test echo true false sleep jstack jstat jps curl wget nc ncat telnet openssl dmesg
    ip mount find timedatectl chronyc ntpq sysctl ulimit lscpu cut tr xxd strings base64 conntrack iptables
    ethtool nstat sar systemd-analyze env cd pwd printf seq expr basename dirname realpath type [ [[ :
    """
)
_DESTROYERS: Final = words_of(
    """
    rm rmdir kill pkill killall kill5 shutdown reboot halt poweroff dd truncate shred fdisk parted
    wipefs dropdb unlink fstrim umount swapoff userdel
    """
)
_CHANGERS: Final = words_of(
    """
    touch mkdir mv cp chmod chown ln tee sed nginx apachectl rabbitmq-plugins pg_ctl createdb
    createuser sync logger modprobe jcmd jmap export set unset
    """
)
_SHELLS: Final = words_of("sh bash ash dash /bin/sh /bin/bash zsh")
_WRAPPERS: Final = words_of(
    "sudo time nohup timeout nice stdbuf xargs watch exec env busybox command chroot nsenter"
)
_ASKS_VERSION: Final = words_of("-v -V --version -version version --help -h")
_FOLDERS: Final = words_of("/bin /sbin /usr/bin /usr/sbin /usr/local/bin")
_SENDS: Final = words_of(
    """
    -d --data --data-raw --data-binary --data-urlencode -F --form -T --upload-file --json --post-data
    --post-file --body-data --body-file
    """
)
_STATES: Final = {
    "systemctl": (
        words_of("status is-active is-enabled is-failed list-units list-unit-files list-timers show cat"),
        words_of("start restart reload daemon-reload enable reset-failed try-restart unmask set-default"),
        words_of("stop disable mask kill isolate halt poweroff reboot suspend"),
    ),
    "crictl": (
        words_of("ps pods images img inspect inspecti inspectp logs stats statsp info version imagefsinfo"),
        words_of("pull start update port-forward"),
        words_of("rm rmi rmp stop stopp"),
    ),
}
"""Subcommands that read, that change, and that destroy."""
_ARGUMENTS_THAT_WRITE: Final = {
    "sysctl": re.compile(r"(?:^| )-w|="),
    "sort": re.compile(r"(?:^| )(?:-\w*o|--output)"),
    "uniq": re.compile(r"(?:^| )[^- ]\S* +[^- ]"),
    "xxd": re.compile(r"(?:^| )-r|(?:^| )[^- ]\S* +[^- ]"),
    "openssl": re.compile(r"(?:^| )-(?:out|keyout|writerand)\b"),
    "systemd-analyze": re.compile(r"\bset-|log-(?:level|target) \S"),
    "find": re.compile(r"(?:^| )-f(?:print|ls)"),
    "timedatectl": re.compile(r"\bset-"),
    "conntrack": re.compile(r"(?:^| )-(?:[DFUI]|-(?:delete|flush|update|create))"),
    "date": re.compile(r"(?:^| )(?:-s|--set)"),
    "hostname": re.compile(r"^[a-z]"),
    "nc": re.compile(r"(?:^| )-[a-z]*[el]"),
    "ncat": re.compile(r"(?:^| )-[a-z]*[elc]"),
}
_WRITES_FILES: Final = words_of(
    "-o -O -K -D --output --remote-name --config --dump-header --cookie-jar -c -J"
)
_HARMLESS: Final = re.compile(r"\d?>&\d|\d?>{1,2} ?/dev/null|2>/dev/null")
HOST_PROGRAMS: Final = frozenset({"systemctl", "journalctl", "crictl", "etcdctl", *_READERS})
"""What may be run on a host."""


def run(words: Sequence[str]) -> CheckedCommand:
    """What a program does where it runs; what is not known is refused."""
    if not words:
        return CheckedCommand(Effect.CHANGE, "")
    if any(map(reads_credentials, words[1:])):
        return refused("it reads credentials")
    if words[0] in _SHELLS:
        return _shell(words)
    name, rest = words[0].rpartition("/")[2], words[1:]
    if name in _WRAPPERS:
        return _wrapped(name, rest)
    if name in _STATES:
        return _by_subcommand(name, rest)
    if name in CLIENTS:
        return of_client(name, rest)
    if name in _DESTROYERS or name.startswith("mkfs"):
        return CheckedCommand(Effect.DESTRUCTIVE, "")
    if name in _READERS or name == "journalctl":
        return _read(name, rest)
    if (len(rest) == 1 and rest[0] in _ASKS_VERSION) or (name == "nginx" and list(rest) in (["-t"], ["-T"])):
        return CheckedCommand(Effect.READ, "")
    if name in _CHANGERS:
        return CheckedCommand(Effect.CHANGE, "")
    return refused(f"{words[0]!r} is not a program that is known")


def _wrapped(name: str, rest: Sequence[str]) -> CheckedCommand:
    """A program that runs another one."""
    left = list(rest[1:] if name == "chroot" else rest)
    while left and re.match(r"-|\d+(?:\.\d+)?[smhd]?$|[A-Za-z_]\w*=", left[0]):
        left.pop(0)
    if left:
        return run(left)
    return CheckedCommand(Effect.READ if name in ("env", "command", "busybox") else Effect.CHANGE, "")


def is_plain(program: str) -> bool:
    """Whether a program is called by its name or from a folder of the system: nobody put it there."""
    folder, slash, _ = program.rpartition("/")
    return not slash or folder in _FOLDERS


def is_known(words: Sequence[str]) -> bool:
    """Whether a program may be run on a host at all."""
    name = words[0].rpartition("/")[2] if words else ""
    if not words or not is_plain(words[0]):
        return False
    if name == "sudo":
        return is_known(words[1:])
    return name in HOST_PROGRAMS or name in _DESTROYERS or name in _CHANGERS


def _by_subcommand(name: str, rest: Sequence[str]) -> CheckedCommand:
    sub = next((word for word in rest if not word.startswith("-")), "")
    reads, changes, destroys = _STATES[name]
    if name == "crictl" and sub == "exec":
        inner = [word for word in rest[rest.index("exec") + 1 :] if not word.startswith("-")]
        return run(inner[1:])
    if sub in reads:
        return CheckedCommand(Effect.READ, "")
    if sub in changes:
        return CheckedCommand(Effect.CHANGE, "")
    return CheckedCommand(
        Effect.DESTRUCTIVE, "" if sub in destroys else f"{name} has no {sub!r} that is known"
    )


def _read(name: str, rest: Sequence[str]) -> CheckedCommand:
    """What a program does that mostly reads: some of its arguments write."""
    said = " ".join(rest)
    if name in ("nc", "ncat") and re.search(r"(?:^| )-\w*[ec]\w*(?: |$)|--(?:sh-)?exec", said):
        return refused("it gives others a shell")
    return CheckedCommand(_effect(name, rest, said), "")


def _effect(name: str, rest: Sequence[str], said: str) -> Effect:
    if name == "find" and re.search(r"(?:^| )-(?:delete|exec|execdir|ok|okdir)(?: |$)", said):
        return Effect.DESTRUCTIVE
    if name in ("curl", "wget"):
        return _of_transfer(name, rest)
    if name == "journalctl":
        return Effect.DESTRUCTIVE if re.search(r"--(?:vacuum|rotate|flush)", said) else Effect.READ
    if name == "dmesg" and re.search(r"(?:^| )-{1,2}(?:C|c|clear|read-clear)\b", said):
        return Effect.DESTRUCTIVE
    if name == "ip" and re.search(r"\b(?:add|del|delete|flush|set|change|replace|exec)\b|-b", said):
        return Effect.DESTRUCTIVE
    if name == "iptables":
        lists = re.search(r"(?:^| )-(?:\w*[LS]|-list(?:-rules)?)\b", said)
        writes = re.search(
            r"(?:^| )-(?:\w*[ADIRFXPNZEC]|-(?:append|delete|insert|replace|flush|policy|zero|new))", said
        )
        return Effect.READ if lists and not writes else Effect.DESTRUCTIVE
    if name == "mount":
        return Effect.READ if said in ("", "-l") else Effect.CHANGE
    pattern = _ARGUMENTS_THAT_WRITE.get(name)
    return _changing(pattern, said) if pattern is not None else Effect.READ


def _changing(pattern: re.Pattern[str], said: str) -> Effect:
    return Effect.CHANGE if pattern.search(said) else Effect.READ


def _of_transfer(name: str, rest: Sequence[str]) -> Effect:
    """What curl or wget sends, and whether it writes a file."""
    for number, word in enumerate(rest):
        flag, _, value = word.partition("=")
        given = value or (rest[number + 1] if number + 1 < len(rest) else "")
        if flag in ("-X", "--request", "--method"):
            if given.upper() not in ("GET", "HEAD", "OPTIONS"):
                return Effect.DESTRUCTIVE if given.upper() == "DELETE" else Effect.CHANGE
        elif flag in _SENDS or re.match(r"-[dFT]\S|-X(?!GET|HEAD)\S", word):
            return Effect.DESTRUCTIVE if word == "-XDELETE" else Effect.CHANGE
        elif name == "curl" and flag in _WRITES_FILES and given not in ("/dev/null", "-"):
            return Effect.CHANGE
    shown = name == "curl" or re.search(r"(?:^| )(?:-\w*O ?-|--spider|-\w*O ?/dev/null)", " ".join(rest))
    return Effect.READ if shown else Effect.CHANGE


def _shell(words: Sequence[str]) -> CheckedCommand:
    """`sh -c '…'`: the worst of its parts; a shell alone may do anything."""
    scripts = [words[i + 1] for i, word in enumerate(words[:-1]) if re.fullmatch(r"-[a-z]*c", word)]
    script = scripts[0] if scripts else None
    if script is None:
        return CheckedCommand(Effect.CHANGE, "")
    if re.search(r"\$\(|`|\beval\b|[<>]\(|\bsource\b|/dev/(?:tcp|udp)/", script) or _builds_words(script):
        return refused("it uses a shell's substitutions")
    plain = _HARMLESS.sub(" ", script)
    effects = [Effect.CHANGE] if ">" in plain else []
    for part in re.split(r"\|\||&&|[|;&\n]|\b(?:do|then|else)\b", plain):
        try:
            inner = shlex.split(re.sub("[<>].*", "", part).replace("(", " ").replace(")", " "))
        except ValueError:
            return refused("it cannot be parsed")
        if any(map(reads_credentials, re.findall(r"[<>] ?(\S+)", part))):
            return refused("it reads credentials")
        while inner and (inner[0] in _OF_SHELLS or re.match(r"[A-Za-z_]\w*=", inner[0])):
            inner.pop(0)
        if inner:
            seen = run(inner)
            if seen.problem:
                return seen
            effects.append(seen.effect)
    return CheckedCommand(worst(*effects) if effects else Effect.READ, "")


def _builds_words(script: str) -> bool:
    """Whether a script makes paths or programs of variables: nobody can say what they will be."""
    if "$" not in script:
        return False
    sets = re.search(r"(?:^|[;&|\s])[A-Za-z_]\w*=|\b(?:for|read|set)\b", script)
    return sets is not None or re.search(r"\$\S*/|/\S*\$|(?:^|[;&|]) *\$", script) is not None


_OF_SHELLS: Final = words_of("while until if for done fi do then else ! { } exec")
_HOSTS: Final = re.compile(
    r"(?:https?|ftp|tcp|grpc|ws)s?://(?:[^/@\s'\"]*@)?(\[[0-9a-f:]+\]|[^/:\s'\"?#]+)", re.IGNORECASE
)
_CALLERS: Final = words_of("curl wget nc ncat telnet openssl")
LOCAL: Final = frozenset(
    {"localhost", "127.0.0.1", "[::1]", "0.0.0.0", "kubernetes.default", "kubernetes.default.svc", HOLE}
)


def hosts_in(words: Sequence[str]) -> list[str]:
    """The hosts that a command calls, the machine's own left out."""
    found = [m[1].lower() for word in words for m in _HOSTS.finditer(word)]
    calls = False
    for word in (part for each in words for part in each.split()):
        calls = word.rpartition("/")[2] in _CALLERS or (calls and word not in ("|", "||", "&&", ";"))
        host = re.fullmatch(r"([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::\d+)?(?:/\S*)?;?", word, re.IGNORECASE)
        if calls and host is not None:
            found.append(host[1].lower())
    for number, word in enumerate(words):
        if word.rpartition("/")[2] in CLIENTS:
            found += hosts_of(word.rpartition("/")[2], words[number + 1 :])
    return [host for host in found if host not in LOCAL]
