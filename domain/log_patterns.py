"""The stable cores of error messages, by what they state: kernels, C libraries, runtimes, drivers, servers.

Order matters: the first sign that fits a record is taken, so the narrower ones stand first. A group's
trailing digits only keep Python's group names apart (`user2` is `user`). `(?-i:…)` marks what is
case-sensitive.
"""

from __future__ import annotations

from enum import StrEnum


class Sign(StrEnum):
    """A failure that logs state."""

    EXEC_FORMAT = "exec-format"
    RBAC = "rbac"
    MESH_DENIED = "mesh-denied"
    """The callee's proxy (Envoy) refuses the caller by an authorization policy."""
    CLOCK = "clock"
    """A certificate that is not valid yet: one of the two clocks is wrong."""
    CERT_EXPIRED = "certificate-expired"
    TLS = "tls"
    NO_DATABASE = "no-database"
    AUTH = "authentication"
    POOL = "pool-exhausted"
    SCHEMA = "schema"
    LOCK = "lock"
    PROVIDER_QUOTA = "provider-quota"
    """A limit that an API outside the cluster sets on an account or project."""
    RATE = "rate-limit"
    MISSING_ENV = "missing-env"
    MISSING_KEY = "missing-config-key"
    PORT_DENIED = "port-denied"
    PORT_IN_USE = "port-in-use"
    DISK_FULL = "disk-full"
    DISK_ERROR = "disk-error"
    """EIO: the device, or the path to it, failed. "I/O error" alone is also what clients call a lost
    connection."""
    READ_ONLY = "read-only"
    TOO_MANY_FILES = "too-many-files"
    HEAP = "heap"
    DNS = "dns"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NO_ROUTE = "no-route"
    RESET = "reset"
    BAD_FLAG = "bad-flag"
    SHELL_SYNTAX = "shell-syntax"
    NO_COMMAND = "no-command"
    NO_SCRIPT = "no-script"
    NO_MODULE = "no-module"
    CONFIG_SYNTAX = "config-syntax"
    FILE_DENIED = "file-denied"
    NO_FILE = "no-file"


_KEY = r"(?<![\w.\-])[\"'`“]?(?P<key>[A-Za-z_][\w.\-]{1,60})[\"'`”]?"
_ENV = r"(?<![\w.\-])[\"'`]?\$?\{?(?P<key>(?-i:[A-Z][A-Z0-9_]{2,60}))\}?[\"'`]?"
_ENVS = r"env(?:ironment)?[ _](?:var(?:iable)?s?|settings?)"
_UNSET = (
    r"(?:not (?:set|found|defined|provided|configured)|un(?:set|defined)|missing|required|empty"
    r"|must be (?:set|defined|provided))"
)
_FILE = r"(?<![\w/.\-])(?P<file>/[^\s\"'`:,)]{1,200})"
_CONFIG_FILE = r"(?P<where>[\w./\-]+\.(?:json|ya?ml|toml|conf|cfg|ini|properties|env|xml))"

PATTERNS: tuple[tuple[Sign, tuple[str, ...]], ...] = (
    (Sign.EXEC_FORMAT, ("exec format error",)),
    (
        Sign.RBAC,
        (
            r"User \"(?P<user>system:[^\"]+)\" cannot (?P<verb>[\w-]+) "
            r"(?:resource \"(?P<resource>[^\"]+)\"|path \"(?P<path>[^\"]+)\")"
            r"(?: in API group \"(?P<group>[^\"]*)\")?(?: in the namespace \"(?P<namespace>[^\"]+)\")?",
        ),
    ),
    (Sign.MESH_DENIED, (r"\bRBAC: access denied",)),
    (
        Sign.CLOCK,
        (
            r"certificate (?:has expired or )?is not yet valid:? current time \S+ is before",
            r"CertificateNotYetValid|CERT_NOT_YET_VALID",
            r"certificate is not yet valid(?!: current time \S+ is after)",
        ),
    ),
    (
        Sign.CERT_EXPIRED,
        (r"certificate (?:has )?expired", r"CERT_HAS_EXPIRED", r"CertificateExpired", r"NotAfter: "),
    ),
    (
        Sign.TLS,
        (
            r"x509: [^\"\n]{0,160}",
            r"certificate verify failed",
            r"self[- ]signed certificate|SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF|unable to get local issuer",
            r"SSLHandshakeException|handshake failure|wrong version number|bad certificate|unknown ca\b",
            r"server gave HTTP response to HTTPS client|does not look like a TLS handshake",
            r"no pg_hba\.conf entry for host [^\n]{0,120}(?:no encryption|SSL off)",
            r"(?:requires|does not support|must use) (?:SSL|TLS)\b|require_secure_transport",
        ),
    ),
    (
        Sign.NO_DATABASE,
        (
            r"database \"(?P<name>[^\"]+)\" does not exist",
            r"Unknown database '(?P<name2>[^']+)'",
            r"keyspace '?(?P<name3>\w+)'? does not exist",
        ),
    ),
    (
        Sign.AUTH,
        (
            r"(?:password|peer|ident|SCRAM) authentication failed for user \"(?P<user>[^\"]+)\"",
            r"Access denied for user '(?P<user2>[^']*)'",
            r"role \"(?P<user3>[^\"]+)\" does not exist",
            r"login failed for user '(?P<user4>[^']*)'",
            r"no pg_hba\.conf entry for host",
            r"(?-i:WRONGPASS|NOAUTH|ACCESS_REFUSED|InvalidAccessKeyId|SignatureDoesNotMatch)",
            r"ERR invalid password|SASL authentication failed|Not authorized on \S+ to execute",
            r"auth(?:entication)? (?:failed|error|failure)\b|Authentication(?:Exception|Error)\b",
            r"invalid (?:credentials|username|user name|api key|access token|client secret)",
        ),
    ),
    (
        Sign.POOL,
        (
            r"pool (?:is |was )?(?:exhausted|full|empty|depleted|saturated)",
            r"pool exhaust|exhausted [^\n]{0,20}pool",
            r"QueuePool limit|remaining connection slots are reserved|too many (?:connections|clients)",
            r"Connection is not available, request timed out|Unable to acquire JDBC Connection",
            r"(?:timeout|timed out) [^\n]{0,30}(?:acquir|wait|obtain|get)[^\n]{0,40}(?:pool|connection from)",
            r"Timeout acquiring a connection|max_user_connections|all connections (?:are )?in use",
            r"no (?:free|idle|available) connections?[^\n]{0,20}pool",
        ),
    ),
    (
        Sign.SCHEMA,
        (
            r"relation \"(?P<name>[^\"]+)\" does not exist",
            r"no such table: ?(?P<name2>[\w.]+)",
            r"Table '(?P<name3>[^']+)' doesn't exist",
            r"column \"?(?P<name4>[\w.]+)\"? (?:of relation \S+ )?does not exist",
            r"Unknown column '(?P<name5>[^']+)'",
            r"(?:pending|unapplied) migrations?|migrations? (?:\S+ ){0,4}failed|Dirty database version",
        ),
    ),
    (
        Sign.LOCK,
        (
            "deadlock (?:detected|found)",
            "Lock wait timeout exceeded",
            "could not obtain lock",
            "database is locked",
        ),
    ),
    (
        Sign.PROVIDER_QUOTA,
        (
            r"(?<!disk )(?<!resource )\bquota (?:limit )?(?:['\"`]?(?P<name>[\w.\-/]{2,80})['\"`]? )?"
            r"(?:has been |was |is )?exceeded\b",
            r"\bquotaExceeded\b|QuotaExceeded(?:Exception|Error)|insufficient_quota",
            r"exceed(?:ed|s)? your (?:current |account )?quota|ServiceQuotaExceeded",
            r"RESOURCE_?EXHAUSTED[^\n]{0,120}\bquota\b",
        ),
    ),
    (
        Sign.RATE,
        (
            "Too Many Requests",
            r"rate limit(?:ed)?(?: was)?(?: exceeded)?\b|RateLimitExceeded",
            "ThrottlingException",
        ),
    ),
    (
        Sign.MISSING_ENV,
        (
            rf"{_ENVS}:? {_ENV}[^\n]{{0,40}}?\b{_UNSET}",
            rf"(?:missing|required|undefined|unset|need)[^\n]{{0,30}}? {_ENVS}[^\w\n]{{1,3}}{_ENV}".replace(
                "P<key>", "P<key2>"
            ),
            rf"{_ENVS}[^\n]{{0,30}}?{_UNSET}[^\w\n]{{1,3}}{_ENV}".replace("P<key>", "P<key3>"),
            rf"{_ENV} (?:{_ENVS} )?(?:(?:is|was|has|must|be|been|isn't) ){{0,2}}{_UNSET}".replace(
                "P<key>", "P<key4>"
            ),
            rf"(?:missing|required)[^\w\n]{{1,3}}{_ENV}\b".replace("P<key>", "P<key5>"),
            r"KeyError: ['\"](?P<key6>(?-i:[A-Z][A-Z0-9_]{2,60}))['\"]",
            r"(?P<key7>(?-i:[A-Z_][A-Z0-9_]{1,60})): (?:parameter (?:null or )?not set|unbound variable)",
            r"required key (?P<key8>\w+) missing value",
            r"Could not resolve placeholder '(?P<key9>[^']+)'",
            rf"{_ENVS} (?:\S+ ){{0,3}}{_UNSET}",
        ),
    ),
    (
        Sign.MISSING_KEY,
        (
            rf"{_KEY} (?:is|was) (?:empty|missing|not (?:set|found|defined)|undefined|required) "
            rf"in {_CONFIG_FILE}",
            rf"(?:missing|required|no such) (?:required )?"
            rf"(?:config(?:uration)?|setting|property|field|option)"
            rf"(?: (?:key|field|option|value|property|parameter))?:? {_KEY}".replace("P<key>", "P<key2>"),
        ),
    ),
    (
        Sign.PORT_DENIED,
        (
            r"bind[^\n]{0,60}?:(?P<port>\d{1,4})\b[^\n]{0,40}permission denied",
            r"listen EACCES[^\n]{0,60}?:(?P<port2>\d{1,4})",
            r"listen [^\n]{0,40}:(?P<port3>\d{1,4}): bind: permission denied",
        ),
    ),
    (
        Sign.PORT_IN_USE,
        (
            r"EADDRINUSE[^\n]{0,60}?:(?P<port>\d{1,5})\b",
            r":(?P<port2>\d{1,5})\b[^\n]{0,60}(?:address|port) already in use",
            r"port (?P<port3>\d{1,5}) (?:was |is )?already in use",
            r"address already in use|EADDRINUSE|only one usage of each socket address",
        ),
    ),
    (
        Sign.DISK_FULL,
        (
            rf"(?:{_FILE}[^\n]{{0,120}}?)?(?:no space left|ENOSPC|disk quota exceeded)",
            r"could not (?:write|extend) [^\n]{0,80}\"(?P<file2>[^\"]+)\": No space",
        ),
    ),
    (
        Sign.DISK_ERROR,
        (
            rf"(?:{_FILE}[^\n]{{0,160}}?)?(?:input/output error\b|(?-i:\bEIO\b))",
            r"disk I/O error|I/O error,? (?:dev|on (?:dev|device|file|block))\b",
            r"(?:read|write|medium|uncorrectable)\w* error[^\n]{0,60}\bsector\b",
        ),
    ),
    (
        Sign.READ_ONLY,
        (
            rf"(?:{_FILE}[^\n]{{0,80}}?)?(?:read-only file ?system|\bEROFS\b)"
            r"(?:[^\n]{0,60}?(?P<file2>/[^\s\"':,)]+))?",
        ),
    ),
    (
        Sign.TOO_MANY_FILES,
        (r"too many open files|\bEMFILE\b|\bENFILE\b", r"cannot assign requested address|EADDRNOTAVAIL"),
    ),
    (
        Sign.HEAP,
        (
            r"OutOfMemoryError(?:: (?P<name>[\w ]+))?",
            "heap out of memory",
            "runtime: out of memory",
            r"Cannot allocate memory|^MemoryError|std::bad_alloc|\bENOMEM\b",
        ),
    ),
    (
        Sign.DNS,
        (
            r"no such host|Name or service not known|nodename nor servname|NXDOMAIN|server misbehaving",
            r"Temporary failure in name resolution|name resolution failed|NameResolutionError",
            r"(?:could ?n[o']t|cannot|can't|unable to|failed to|failure to) resolve\b|name does not resolve",
            r"\bgetaddrinfo\b|\bENOTFOUND\b|EAI_AGAIN|EAI_NONAME|UnknownHostException|Unknown host\b",
            r"could not translate host name|bad address '|host not found in|Name has no usable address",
        ),
    ),
    (
        Sign.REFUSED,
        (
            r"connection refused|ECONNREFUSED|ConnectionRefused|ConnectException|no available connection",
            r"(?:can'?t|cannot|could not|couldn't|unable to|failed to) (?:connect|establish|reach)\b",
            r"connection (?:attempt )?to \S+ failed",
            r"NoBrokersAvailable|NoHostAvailable|ServerSelectionTimeout",
        ),
    ),
    (
        Sign.TIMEOUT,
        (
            r"i/o timeout|\bE(?:SOCKET)?TIMEDOUT\b|ConnectTimeout|SocketTimeoutException|deadline exceeded",
            r"(?:connect(?:ion)?|read|request|operation|upstream|query|call)\b[^\n]{0,40} timed? ?out",
            r"timeout (?:while |when )?(?:connecting|awaiting|waiting for|exceeded)",
            r"timed? ?out (?:after|while|waiting|connecting)",
        ),
    ),
    (Sign.NO_ROUTE, (r"no route to host|EHOSTUNREACH|network is unreachable|ENETUNREACH",)),
    (
        Sign.RESET,
        (
            r"connection reset|\bECONNRESET\b|broken pipe|\bEPIPE\b",
            r"server closed the connection|upstream prematurely closed|socket hang up",
        ),
    ),
    (
        Sign.BAD_FLAG,
        (
            r"flag provided but not defined: (?P<name>\S+)",
            r"unknown (?:shorthand )?flag:? (?P<name2>\S+)",
            r"unrecognized (?:arguments?|options?):? (?P<name3>\S+)",
            r"(?:invalid|illegal|unknown) option(?: --)?:? (?P<name4>\S+)",
            r"unknown (?:command|argument):? (?P<name5>\S+)",
            r"Unrecognized VM option (?P<name6>\S+)",
            r"no such (?:option|command):? (?P<name7>\S+)",
            r"unexpected argument '(?P<name8>[^']+)'",
        ),
    ),
    (
        Sign.SHELL_SYNTAX,
        (
            r"(?:^|: )(?:(?:line )?\d+: )?syntax error"
            r"(?: near|: unexpected|: unterminated|: end of)[^\n]{0,60}",
            r"unexpected EOF while looking for matching",
        ),
    ),
    (
        Sign.NO_COMMAND,
        (
            r"(?:^|: )(?P<name>[\w./-]{1,80}): (?:command )?not found\s*$",
            r"executable file not found in \$PATH",
            r"exec: \"?(?P<name2>[\w./-]{1,120})\"?: (?:not found|stat |no such)",
        ),
    ),
    (
        Sign.NO_SCRIPT,
        (
            r"can't open file '(?P<file>[^']+)'",
            r"Cannot find module '(?P<file2>/[^']+)'(?=[^\0]{0,2000}requireStack: \[\])",
            r"Unable to access jarfile (?P<file3>\S+)",
            r"Could not find or load main class (?P<file4>\S+)",
            r"(?:can't|cannot) open '?(?P<file5>/[^\s':]+\.(?:sh|py|js|rb|pl))",
            r"Could not open input file: (?P<file6>\S+)",
        ),
    ),
    (
        Sign.NO_MODULE,
        (
            r"No module named '?(?P<name>[\w.]+)'?",
            r"Cannot find (?:module|package) '(?P<name2>[^']+)'",
            r"ClassNotFoundException: (?P<name3>[\w.$]+)",
            r"NoClassDefFoundError: (?P<name4>[\w./$]+)",
            r"error while loading shared libraries: (?P<name5>\S+):",
            r"cannot load such file -- (?P<name6>\S+)",
            r"cannot import name '(?P<name7>\w+)'",
            r"version `(?P<name8>GLIBC\S*)' not found",
        ),
    ),
    (
        Sign.CONFIG_SYNTAX,
        (
            r"\[emerg\] [^\n]{0,160}",
            r"error during parsing|unknown (?:configuration )?directive|parse error (?:in|at|on)",
            r"(?:yaml|toml|json): (?:line \d+|unmarshal|invalid|cannot)[^\n]{0,80}",
            r"mapping values are not allowed",
            r"(?:JSON|YAML|TOML)(?:Decode|Parse|Syntax|Scanner)(?:Error|Exception)",
            r"Unexpected token .{1,20} in JSON|invalid character .{1,10} looking for",
            r"(?:error|failed|failure|cannot|unable to|could not) (?:\w+ )?(?:parse|parsing|load|loading|read"
            r"|reading|unmarshal|decode|decoding|in) (?:the )?(?:\w+ )?config(?:uration)?\b[^\n]{0,80}",
            r"invalid config(?:uration)?\b[^\n]{0,80}",
        ),
    ),
    (
        Sign.FILE_DENIED,
        (
            rf"{_FILE}[\"'`]?:? permission denied",
            rf"permission denied[^\n]{{0,30}}?{_FILE}".replace("P<file>", "P<file2>"),
            r"EACCES[^\n]{0,60}?'(?P<file3>/[^']+)'",
            r"AccessDeniedException: (?P<file4>/\S+)",
            r"(?:chown|chmod|mkdir|open|touch|create)\w*[^\n/]{0,40}(?P<file5>/[^\s\"'`:,)]{1,200})?"
            r"[^\n]{0,40}(?:operation not permitted|permission denied)",
        ),
    ),
    (
        Sign.NO_FILE,
        (
            rf"(?:open|stat|lstat|read|load|chdir|access)\w* [\"'`]?{_FILE}[\"'`]?: no such file",
            r"No such file or directory: ['\"](?P<file2>[^'\"]+)",
            r"ENOENT[^\n]{0,60}?'(?P<file3>[^']+)'",
            r"(?<![\w/.\-])(?P<file4>/[^\s\"'`:,(]{2,200})[\"'`]?:? ?\(?no such file",
            r"(?:FileNotFoundException|NoSuchFileException): (?P<file5>\S+)",
            r"(?:cannot|can't|could not|couldn't) (?:open|find|read|load) (?:\w+ ){0,2}"
            r"[\"'`]?(?P<file6>/[^\s\"'`:,)]+)",
        ),
    ),
)
