"""What a text must hold, in lower case, for a pattern of `domain.log_patterns` to find anything in it.

Looking for a few words costs a hundredth of what the patterns do, and most lines hold none of them. Of each
sign one of its stems stands in every text that one of its patterns finds, whichever it is; a test makes such
texts from the patterns. A sign without stems is always tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kubetriage.domain.log_patterns import Sign

STEMS: Mapping[Sign, tuple[str, ...]] = MappingProxyType(
    {
        Sign.EXEC_FORMAT: ("exec format error",),
        Sign.RBAC: ('" cannot ',),
        Sign.TOKEN: ("unauthorized", "provide credentials"),
        Sign.MESH_DENIED: ("rbac: access denied",),
        Sign.DATA_LOCKED: ("lock", "another ", "already in use", "already running", "pidfile"),
        Sign.OWN_CERTIFICATE: (
            "pem ", "public key", "key values", "start line", "bad decrypt", "keystore", "unrecoverablekey",
            "load certificate",
        ),
        Sign.BAD_ADDRESS: (
            "scheme", "invalid port", "userinfo", "url", "not absolute", "uriformat",
        ),
        Sign.BAD_HEADER: ("header", "invalid_char", "unexpected char"),
        Sign.UNIMPLEMENTED: ("unimplemented",),
        Sign.BAD_VALUE: (
            "time", "parsing", "numberformat", "invalid", "to float", "bind properties", "base64",
            "initial heap", "validate credentials", " be at least ",
        ),
        Sign.SERVER_STATE: (
            "used memory", "misconf", "read only", "redis is loading", "clusterdown", "masterdown",
            "replicas", "leader", "database system", "is sealed", "read-only", "primary", "slaveok",
            "blocked",
        ),
        Sign.SATURATED: (
            "max_children", "maxrequestworkers", "maxclients", "worker_connections", "threads (",
            "rejectedexecution", "listen queue",
        ),
        Sign.SERVER_ERROR: ("500", "502", "503", "504", "server error", "servererror"),
        Sign.CLOCK: ("not yet valid", "notyetvalid", "not_yet_valid"),
        Sign.SKEW: (
            "token", "immaturesignature", "requesttimetooskewed", "request time", "jwt ", "not yet valid",
            "clock skew",
        ),
        Sign.CERT_EXPIRED: (
            "certificate expired", "certificate has expired", "cert_has_expired", "certificateexpired",
            "notafter: ", "certificate: expired", "certexpired", "证书",
        ),
        Sign.CERT_NAME: (
            "valid for", "mismatch", "altnames", "no name matching", "no subject alternative", "subject name",
            "notvalidforname", "namemismatch", "subject alternative", "any ip sans",
        ),
        Sign.TLS: (
            "x509: ", "certificate", "self_signed_cert", "unable_to_verify", "ssl", "tls",
            "handshake", "https client", "wrong version number", "unknown ca", "pg_hba.conf",
            "require_secure_transport",
            "pkix path", "alert protocol", "alert internal", "unable to get local issuer", "to_get_issuer",
            "no protocols available", "unsupported protocol", "certification path",
        ),
        Sign.NO_DATABASE: ("does not exist", "unknown database", "cannot open database", "vhost"),
        Sign.AUTH: (
            "auth", "access denied for", "role ", "login", "pg_hba.conf", "wrongpass", "access_refused",
            "accesskeyid", "signaturedoesnotmatch", "invalid", "401", "connection errors",
            "allowed to connect",
            "expiredtoken", "token", "password", "ora-01017", "bad credentials", "nocredential",
            "令牌", "凭证", "凭据", "密钥", "签名", "失败", "密码",
        ),
        Sign.FORBIDDEN: (
            "403", "forbidden", "not authorized", "does not have", "denied", "authorization",
            "no permissions",
            "permissiondenied",
        ),
        Sign.POOL: (
            "pool", "connection", "resource", "too many c", "request timed out", "clients reached", "连接",
        ),
        Sign.SCHEMA: (
            "exist", "no such table", "unknown column", "migration", "dirty database", "revision",
            "up to date", "inconsistentmigration", "schema-validation", "invalid object", "invalid column",
            "unconfigured table", "no such column", "no column named",
        ),
        Sign.LOCK: ("lock", "sqlite_busy", "ora-000", "another migration"),
        Sign.SQL_SYNTAX: ("syntax", "not properly ended"),
        Sign.PROVIDER_QUOTA: ("quota",),
        Sign.RATE: ("too many requests", "rate limit", "ratelimit", "throttling", "toomanyrequests",
                    "requestlimit", "slowdown", "429", "频繁", "限流", "频率"),
        Sign.MISSING_ENV: (
            "env", "missing", "required", "undefined", "unset", "not set", "not found", "not defined",
            "not provided", "not configured", "empty", "must be", "keyerror", "unbound variable",
            "placeholder", "must specify", "need", "notpresent", "not pre",
        ),
        Sign.MISSING_KEY: ("missing", "required", "no such", "empty in", " not ", "undefined", "be null"),
        Sign.AS_ROOT: ("root",),
        Sign.PORT_DENIED: ("permission denied", "listen eacces"),
        Sign.PORT_IN_USE: ("in use", "eaddrinuse", "only one usage", "被占用"),
        Sign.TOO_MANY_FILES: (
            "too many open files", "emfile", "enfile", "assign requested address", "eaddrnotavail",
            "file watchers", "inotify",
        ),
        Sign.TOO_MANY_THREADS: ("thread", "temporarily unavailable", "cannot fork"),
        Sign.KERNEL_SETTING: ("vm.", "net.", "fs.", "kernel."),
        Sign.BAD_RECORD: ("offset",),
        Sign.STORE_FULL: ("etcdserver: ", "nospace"),
        Sign.DISK_FULL: ("no space", "enospc", "quota exceeded", "space on the disk", "is full", "watermark",
                         "read-only / allow", "disk resource limit", "disk space", "磁盘"),
        Sign.DISK_ERROR: ("error", "eio"),
        Sign.STALE_HANDLE: ("stale",),
        Sign.SLOW_DISK: ("fdatasync", "fsync", "slow disk", "sync duration"),
        Sign.DEVICE_FAULT: ("uncorrectable", "is lost", "off the bus", "xid"),
        Sign.READ_ONLY: ("read-only file", "erofs"),
        Sign.HEAP: (
            "memory", "bad_alloc", "enomem", "heap limit", "out_of_memory", "unable to allocate",
            "nomemoryerror", "too large", "object heap", "内存",
        ),
        Sign.CHILD_KILLED: ("sigkill", "signal 9", "killed (9)"),
        Sign.DNS: (
            "no such host", "not known", "nxdomain", "misbehaving", "resol", "getaddrinfo", "enotfound",
            "eai_again", "eai_noname", "unknownhost", "unknown host", "translate host", "bad address",
            "host not found", "usable address", "nodename", "no address", "lookup", "dns error", "解析",
        ),
        Sign.REFUSED: (
            "refused", "connect", "establish", " reach", "no available connection", "nobrokersavailable",
            "nohostavailable", "serverselection", "server selection", "link failure", "live upstream",
            "brokerunreachable", "were reachable", "brokers", "healthy upstream",
            "no endpoints available", "连接", "访问",
        ),
        Sign.TIMEOUT: ("timeout", "timed out", "time out", "timedout", "etimedout", "deadline exceeded",
                       "no response", "not responding", "_timeout", "(110", "超时"),
        Sign.NO_ROUTE: ("no route to host", "hostunreach", "netunreach", "network is unreachable"),
        Sign.RESET: (
            "reset", "broken pipe", "epipe", "closed the connection", "prematurely closed", "hang up",
            "gone away", "lost connection", "forcibly closed", "closed unexpectedly", "connectionaborted",
            "und_err_socket",
        ),
        Sign.BAD_FLAG: (
            "flag", "argument", "option", "unknown command", "no such command", "unknown variable",
        ),
        Sign.CODE_SYNTAX: ("syntax", "indentationerror", "taberror"),
        Sign.SHELL_SYNTAX: ("syntax error", "unexpected eof"),
        Sign.NO_COMMAND: ("not found", "exec: ", "exec ", "bad interpreter"),
        Sign.NO_SCRIPT: ("open", "cannot find module", "access jarfile", "main class"),
        Sign.NO_MODULE: (
            "no module", "cannot find", "classnotfound", "noclassdef", "shared librar", "load such file",
            "import name", "not found", "load file or assembly", "could not find", "undefined function",
            "update .net", "in @inc", "recent version of the java", "gemnotfound",
            "shared object", "icu package",
        ),
        Sign.CONFIG_SYNTAX: (
            "[emerg]", "during parsing", "directive", "parse error", "yaml", "toml", "json", "mapping values",
            "unexpected token", "invalid character", "config", "while parsing", "while scanning", "parsing [",
            "unknown setting", "unknown keyword", "ini file", "ini document",
        ),
        Sign.FILE_DENIED: ("permission denied", "not permitted", "eacces", "accessdenied"),
        Sign.NO_FILE: (
            "no such file", "enoent", "filenotfound", "nosuchfile", "cannot ", "can't ", "could not ",
            "couldn't ",
        ),
    }
)  # fmt: skip
