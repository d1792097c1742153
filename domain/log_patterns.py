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
    TOKEN = "token"
    """The cluster's own API does not know who asks (401)."""
    DATA_LOCKED = "data-locked"
    """The program's own data carries the lock of another process, or a lock file that was left behind."""
    OWN_CERTIFICATE = "own-certificate"
    """The program's own certificate, key or key store cannot be read or does not fit together."""
    BAD_ADDRESS = "bad-address"
    """An address (URL) that the program was given is malformed."""
    BAD_HEADER = "bad-header"
    """A request is not even sent: the value of one of its headers holds a character that none may hold."""
    BAD_VALUE = "bad-value"
    """A value that the program reads is not of the kind that it needs."""
    UNIMPLEMENTED = "unimplemented"
    """A gRPC server is reached, and does not have the service or method that is called."""
    MESH_DENIED = "mesh-denied"
    """The callee's proxy (Envoy) refuses the caller by an authorization policy."""
    CLOCK = "clock"
    """A certificate that is not valid yet: one of the two clocks is wrong."""
    SKEW = "clock-skew"
    """A token or signature whose time lies in the future or too far off: one of the two clocks is wrong."""
    CERT_EXPIRED = "certificate-expired"
    CERT_NAME = "certificate-name"
    """A certificate for other names than the one that was called."""
    TLS = "tls"
    NO_DATABASE = "no-database"
    AUTH = "authentication"
    FORBIDDEN = "forbidden"
    """Known to its peer, and not allowed what it asks (403); the cluster's own API is `RBAC`."""
    POOL = "pool-exhausted"
    SCHEMA = "schema"
    LOCK = "lock"
    SERVER_STATE = "server-state"
    """A server is reached, and refuses for a state of its own: read-only, loading, full, without a leader."""
    SERVER_ERROR = "server-error"
    """A server is reached, and answers with a 5xx."""
    SATURATED = "saturated"
    """All workers of a server are busy."""
    SQL_SYNTAX = "sql-syntax"
    PROVIDER_QUOTA = "provider-quota"
    """A limit that an API outside the cluster sets on an account or project."""
    RATE = "rate-limit"
    MISSING_ENV = "missing-env"
    MISSING_KEY = "missing-config-key"
    AS_ROOT = "as-root"
    """The program refuses to run as root."""
    PORT_DENIED = "port-denied"
    PORT_IN_USE = "port-in-use"
    DISK_FULL = "disk-full"
    DISK_ERROR = "disk-error"
    """EIO: the device, or the path to it, failed. "I/O error" alone is also what clients call a lost
    connection."""
    STALE_HANDLE = "stale-handle"
    """ESTALE: what a network file system's client holds open is no longer what its server exports."""
    SLOW_DISK = "slow-disk"
    """A store says that the disk keeps its writes waiting."""
    DEVICE_FAULT = "device-fault"
    """A GPU says that its own memory or link is broken."""
    READ_ONLY = "read-only"
    TOO_MANY_FILES = "too-many-files"
    STORE_FULL = "store-full"
    """etcd has reached the size that it allows its database, and takes no writes; clients are told so too."""
    KERNEL_SETTING = "kernel-setting"
    """A program does not start with a setting that the node's kernel has."""
    BAD_RECORD = "bad-record"
    """A consumer cannot read a record of its queue, and stays at it."""
    TOO_MANY_THREADS = "too-many-threads"
    """No further thread or process: the limit of process ids, of the pod, the user or the node."""
    HEAP = "heap"
    CHILD_KILLED = "child-killed"
    """A server says that one of its own processes was killed (SIGKILL), while it goes on itself."""
    DNS = "dns"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NO_ROUTE = "no-route"
    RESET = "reset"
    BAD_FLAG = "bad-flag"
    SHELL_SYNTAX = "shell-syntax"
    CODE_SYNTAX = "code-syntax"
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
_IN_VAIN = (
    r"(?:can'?t|cannot|could not|couldn't|unable to|failed to) (?:connect|establish|reach)\b"
    r"(?![^\n]{0,300}refused)[^\n]{0,300}?"
)
"""A call that failed, up to words that say how; one that was refused is told by that."""
_CALLED = r"https?://[^\s\"'`<>,;)]{1,300}(?<![:;,.])[\"'`)]?"
_STATUS = (
    r"(?:\bHTTP(?:/[\d.]+)?[ :]{1,2}|(?:->|=>|→) ?|(?:返回|状态码|响应)(?:码|为|了)?[ :：]{0,2}"
    r"|\b(?:status(?:[ _-]?code)?|code|respon(?:ded|se|ds)|return(?:ed|s)?|answer(?:ed|s)?|got|received"
    r"|failed|failure|error|with)[\"']?(?: (?:with|code|status|is|was|of|a|an|HTTP)){0,3}[ :=(]{1,3}[\"']?)"
)
"""What stands before an answer's number and tells it from sizes, counts and times."""
_NO_AMOUNT = r"\b(?!\.\d|,\d|[ -]?(?:m?s|[km]?i?b|bytes?|m(?:illi)?sec\w*|(?!status\b)\w+s)\b)"
_PHRASE = r"(?:Internal Server Error|Bad Gateway|Service (?:Temporarily )?Unavailable|Gateway Time-?out)"
_CONFIG_FILE = r"(?P<where>[\w./\-]+\.(?:json|ya?ml|toml|conf|cfg|ini|properties|env|xml))"

PATTERNS: tuple[tuple[Sign, tuple[str, ...]], ...] = (
    (Sign.EXEC_FORMAT, ("exec format error",)),
    (
        Sign.RBAC,
        (
            r"User \\?\"(?P<user>system:[^\"\\]+)\\?\" cannot (?P<verb>[\w-]+) "
            r"(?:resource \\?\"(?P<resource>[^\"\\]+)\\?\"|path \\?\"(?P<path>[^\"\\]+)\\?\")"
            r"(?: in API group \\?\"(?P<group>[^\"\\]*)\\?\")?"
            r"(?: in the namespace \\?\"(?P<namespace>[^\"\\]+)\\?\")?",
        ),
    ),
    (
        Sign.TOKEN,
        (
            r"failed to (?:list|watch) \*?[\w./]{1,80}: Unauthorized\b",
            r"(?:resource lock|renew lease) \S{1,120}: Unauthorized\b",
            r"the server has asked for the client to provide credentials",
            r"must be logged in to the server \(Unauthorized\)",
            r"\breason\W{1,4}Unauthorized\b[^\n]{0,40}\bcode\W{1,4}401\b",
        ),
    ),
    (Sign.MESH_DENIED, (r"\bRBAC: access denied",)),
    (
        Sign.DATA_LOCKED,
        (
            r"Unable to lock (?P<file>\S{1,200}) error: 11\b",
            r"lock file \"(?P<file2>[^\"\n]{1,200})\" already exists",
            r"Unable to (?:create/)?(?:lock|open) the lock file: (?P<file3>/\S{1,200})"
            r"[^\n]{0,40}temporarily unavailable",
            r"Failed to acquire lock on file (?P<name>\S{1,60}) in (?P<file4>/\S{1,200}?)\.? "
            r"A Kafka instance",
            r"lock DB directory: resource temporarily unavailable",
            r"While lock file: (?P<file5>/\S{1,200}?): Resource temporarily unavailable",
            r"Cannot acquire directory lock on \\?\"(?P<file6>[^\"\n\\]{1,200})",
            r"Lock file has been locked by another process|LockObtainFailedException"
            r"|Database may be already in use|unable to lock level ?db at (?P<file7>/\S{1,200}?): ",
            r"\banother (?:\w+ ){0,2}(?:process|instance|server|program|postmaster)\b[^\n]{0,40}?"
            r"\b(?:already running (?:on|in)\b|in same directory|is using (?:this|the)\b"
            r"|holds the (?:file )?lock)",
            r"A server is already running\b[^\n]{0,40}?(?P<file8>/\S{1,200}\.pid)"
            r"|Pidfile \((?P<file9>[^)\n]{1,200})\) already exists",
        ),
    ),
    (
        Sign.OWN_CERTIFICATE,
        (
            r"failed to find any PEM data|private key does not match public key|key values mismatch",
            r"PEM routines:\w*:no start line|\bno start line\b|bad decrypt\b|PEM lib\b",
            r"keystore password was incorrect|UnrecoverableKeyException|keystore was tampered with",
            r"cannot load certificate(?: key)? \"(?P<file>[^\"\n]{1,200})\"",
        ),
    ),
    (
        Sign.BAD_ADDRESS,
        (
            r"unsupported protocol scheme \\?\"(?P<name>[^\"\n]{0,60})\"|missing protocol scheme",
            r"invalid port \\?\"(?P<name2>[^\"\n]{1,60})\" after host|net/url: invalid userinfo",
            r"first path segment in URL cannot contain colon|no Host in request URL",
            r"MissingSchema: Invalid URL|ERR_INVALID_URL|MalformedURLException: |URI is not absolute",
            r"Could not parse (?:SQLAlchemy|rfc1738) URL|UriFormatException|URI with undefined scheme",
        ),
    ),
    (
        Sign.BAD_HEADER,
        (
            r"net/http: invalid header field (?:value|name)(?: for)?(?: \\?\"(?P<name>[\w-]{1,60}))?",
            r"Invalid character in header content(?: \[\"(?P<name2>[\w-]{1,60}))?|ERR_INVALID_CHAR",
            r"Illegal character\(s\) in message header value|Unexpected char 0x\w{1,4} at \d+ in "
            r"(?:header value|(?P<name3>[\w-]{1,60}) value)",
            r"(?:Invalid leading whitespace, reserved character\(s\), or )?return character\(s\) in header"
            r"(?: (?:value|part))?|Invalid header value b?['\"]",
        ),
    ),
    (
        Sign.UNIMPLEMENTED,
        (
            r"code = Unimplemented desc = (?!unknown (?:service|method) (?:\w+ for service )?grpc\.)"
            r"(?:unknown (?:service|method) (?P<name>[\w./]{1,160})"
            r"(?: for service (?P<key>[\w./]{1,160}))?)?",
            r"\bUNIMPLEMENTED: (?:(?:unknown|Method not found)[^\n]{0,8}? (?P<name2>[\w./]{1,160}))?",
            r"StatusCode\.UNIMPLEMENTED\b|\bStatusCode=\"?Unimplemented\b",
        ),
    ),
    (
        Sign.BAD_VALUE,
        (
            r"unknown time[- ]?zone:? (?:ID:? )?[\"'`]?(?P<name>[\w/+-]{1,60})",
            r"Unknown time-zone ID: (?P<name2>\S{1,60})|No time zone found with key (?P<name3>[\w/+-]{1,60})",
            r"invalid time ?zone:? [\"'`]?(?P<name4>[\w/+-]{1,60})",
            r"strconv\.\w+: parsing \\?\"(?P<name5>[^\"\n\\]{0,60})\\?\": "
            r"(?:invalid syntax|value out of range)",
            r"time: (?:invalid|missing unit in|unknown unit \S{1,20} in) duration "
            r"\\?\"(?P<name6>[^\"\n\\]{1,60})",
            r"NumberFormatException: For input string: \"(?P<name7>[^\"\n]{0,60})\"",
            r"invalid literal for (?:int|float)\(\)[^\n:]{0,20}: ['\"](?P<name8>[^'\"\n]{0,60})['\"]",
            r"could not convert string to float: ['\"](?P<name9>[^'\"\n]{0,60})['\"]",
            r"invalid value ['\"`](?P<name10>[^'\"`\n]{1,60})['\"`] for ['\"`]?(?P<key>--?[\w.-]{1,60})",
            r"invalid argument \\?\"(?P<name11>[^\"\n\\]{1,80})\\?\" for "
            r"\\?\"[^\"\n]{0,6}?(?P<key2>--[\w.-]{1,60})",
            r"Failed to bind properties under '(?P<key3>[\w.\-\[\]]{1,80})'",
            r"illegal base64 data at input byte|crypto/aes: invalid key size",
            r"Initial heap size set to a larger value than the maximum heap size",
            r"Unable to validate credentials inherited from the shell environment"
            r"|(?:password|secret|key) (?:length )?(?:should|must) be at least "
            r"(?P<least>\d{1,3}) (?:char|byte)",
        ),
    ),
    (
        Sign.SERVER_STATE,
        (
            r"command not allowed when used memory|(?-i:\bMISCONF\b )",
            r"can't write against a read only (?:replica|slave)",
            r"Redis is loading the dataset|(?-i:\b(?:CLUSTERDOWN|MASTERDOWN)\b)",
            r"NOT_ENOUGH_REPLICAS|NotEnoughReplicas|LEADER_NOT_AVAILABLE|LeaderNotAvailable",
            r"the database system is (?:starting up|shutting down|in recovery mode)|\bVault is sealed\b",
            r"cannot execute \w{1,40}(?: \w{1,40})? in a read-only transaction",
            r"running with the --(?:super-)?read-only option",
            r"NotWritablePrimary|not master and slaveOk|NotPrimary(?:Error|NoSecondaryOk)",
            r"connection(?: is |\.| )blocked\b(?: by (?:the )?broker\b|[^\n]{0,60}\b(?:low on (?:memory|disk)"
            r"|(?:memory|disk) alarm))",
        ),
    ),
    (
        Sign.SATURATED,
        (
            r"reached (?:pm\.)?max_children setting \((?P<name>\d{1,6})\)",
            r"reached (?:MaxRequestWorkers|MaxClients)\b|worker_connections are not enough",
            r"all threads \((?P<name2>\d{1,6})\) are currently busy"
            r"|RejectedExecutionException(?![^\n]{0,300}(?:shutting down|shut ?down|terminated))",
            r"maximum number of threads \((?P<name3>\d{1,6})\) created for connector",
            r"uWSGI listen queue of socket [^\n]{0,80} full",
        ),
    ),
    (
        Sign.CLOCK,
        (
            r"certificate (?:has expired or )?is not yet valid:? current time \S+ is before",
            r"CertificateNotYetValid|CERT_NOT_YET_VALID",
            r"certificate is not yet valid(?!: current time \S+ is after)",
        ),
    ),
    (
        Sign.SKEW,
        (
            r"token used before issued|ImmatureSignatureError|token is not (?:yet valid|valid yet)",
            r"RequestTimeTooSkewed|difference between the request time and the current time is too large",
            r"JWT (?:issued|used) (?:at|in) (?:the )?future|not yet valid \(iat\)"
            r"|clock skew (?:is )?too great",
        ),
    ),
    (
        Sign.CERT_EXPIRED,
        (
            r"certificate (?:has )?expired|证书(?:已经?)?过期",
            r"CERT_HAS_EXPIRED",
            r"CertificateExpired",
            r"NotAfter: ",
            r"certificate: Expired\b|\bCertExpired\b|sslv3 alert certificate expired",
        ),
    ),
    (
        Sign.CERT_NAME,
        (
            r"certificate is (?:not )?valid for (?P<name>[^\n\"]{1,200}), not (?P<host>[\w.*-]+)",
            r"(?:host ?name|IP address) mismatch(?:, certificate is not valid for '(?P<host2>[\w.-]+)')?",
            r"does not match certificate's altnames(?:: (?:Host: |IP: )?(?P<host3>[\w.-]*\w)"
            r"\.? is not (?:in the cert's altnames|cert's CN): (?P<name2>[^\n\"]{1,160}))?",
            r"No name matching (?P<host4>[\w.-]+) found",
            r"No subject alternative (?:DNS |IP )?(?:names?|addresses) (?:matching (?:IP address )?"
            r"(?P<host5>[\w.:-]+) found|present)",
            r"certificate subject name (?:'(?P<name3>[^'\n]{1,120})' )?(?:does not match|matches) target "
            r"host(?: ?name)?(?: '(?P<host6>[\w.-]+)')?",
            r"certificate: NotValidForName|RemoteCertificateNameMismatch|CertNotValidForName",
            r"doesn't match any of the subject alternative names"
            r"|match(?:es)? neither of the subject alternative",
            r"cannot validate certificate for (?P<host7>[\w.:-]+) because it doesn't contain any IP SANs",
        ),
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
            r"PKIX path (?:building|validation) failed|unable to find valid certification path",
            r"invalid peer certificate|remote certificate (?:is invalid|was rejected)",
            r"The SSL connection could not be established|RemoteCertificateChainErrors",
            r"(?:ssl|tls)v\d[\w.]* alert |alert (?:handshake failure|protocol version|internal error)",
            r"(?:remote error|local error): tls: |\btls: (?:failed|unsupported|no supported"
            r"|protocol version|unknown)",
            r"SSL_(?:do_handshake|connect|accept)\b[^\n]{0,20}(?:failed|returned)|SSLEOFError|SSLV3_ALERT",
            r"(?:SSL|TLS) handshake (?:failed|error)|UNABLE_TO_GET_ISSUER_CERT|DEPTH_ZERO_SELF_SIGNED_CERT",
            r"SSL certificate problem|certificate is not trusted|no protocols available"
            r"|unsupported protocol\b",
        ),
    ),
    (
        Sign.NO_DATABASE,
        (
            r"database \"(?P<name>[^\"]+)\" does not exist",
            r"Unknown database '(?P<name2>[^']+)'",
            r"keyspace '?(?P<name3>\w+)'? does not exist",
            r"Cannot open database \"(?P<name4>[^\"\n]{1,80})\" requested by the login",
            r"no vhost '?(?P<name5>[\w/.-]+)'?|vhost (?P<name6>\S+) not found",
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
            r"401 Client Error|HttpClientErrorException\$Unauthorized|\(401\) Unauthorized"
            r"|does not indicate success: 401|Request failed with status code 401"
            r"|unexpected (?:HTTP )?status(?: code)?:? 401|(?:server|it) (?:returned"
            r"|responded with)[^\n]{0,24} 401\b",
            r"(?:is blocked because of many connection errors|is not allowed to connect to this M)",
            r"Login was refused using authentication mechanism|ExpiredToken(?:Exception)?\b"
            r"|token (?:is|has) expired",
            r"\bBad credentials\b|InvalidClientTokenId|NoCredentialProviders|security token included in the"
            r" request is (?:invalid|expired)",
            r"(?:调用|返回|响应|https?://)[^\n]{0,200}?(?:令牌|凭证|凭据|密钥|签名|token)"
            r"[^\n]{0,8}?(?:过期|失效|无效|错误)|(?<!用户)(?:认证|鉴权|身份验证)失败",
            r"(?:数据库|连接)[^\n]{0,60}?用户名或密码(?:错误|不正确)",
            r"(?-i:\bORA-01017\b)|\binvalidCredentials\b|\bresponded (?:with )?401\b",
            r"bad username or password|incorrect (?:username or )?password|Unauthenticated\b(?: desc|:)",
            r"invalid (?:[\w-]+ ){0,2}(?:credentials|username|user name|api[ _-]?key|access token"
            r"|client secret)",
        ),
    ),
    (
        Sign.FORBIDDEN,
        (
            r"403 Client Error|HttpClientErrorException\$Forbidden|\(403\) Forbidden"
            r"|does not indicate success: 403|Request failed with status code 403"
            r"|unexpected (?:HTTP )?status(?: code)?:? 403|(?:server|it) (?:returned"
            r"|responded with)[^\n]{0,24} 403\b",
            r"User: (?P<user>arn:\S+) is not authorized to perform: (?P<name>[\w:*]+)",
            r"(?P<user2>\S+@\S+) does not have (?P<name2>[\w.]+) access",
            r"Permission '(?P<name3>[\w.]+)' denied on resource|AuthorizationFailed\b",
            r"(?-i:AccessDenied): |status code: 403|(?:Topic|Group|Cluster)AuthorizationException",
            r"Not authorized to access (?:topics|group)|permission denied for (?:table|relation|schema"
            r"|database|"
            r"sequence|function) (?P<name4>[\w.\"]+)",
            r"(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP"
            r"|INDEX) command denied to user '(?P<user3>[^']*)'",
            r"NOPERM this user has no permissions|code = PermissionDenied",
            r"\bCode: 403\. Errors:|service account name not authorized",
        ),
    ),
    (
        Sign.POOL,
        (
            r"pool (?:is |was |has been )?(?:exhausted|full(?!, discarding)|empty|depleted|saturated)",
            r"pool exhaust|exhausted [^\n]{0,20}pool",
            r"QueuePool limit|remaining connection slots are reserved|too many (?:connections|clients)",
            r"Connection is not available, request timed out|Unable to acquire JDBC Connection",
            r"(?:timeout|timed out) [^\n]{0,30}(?:acquir|wait|obtain|get)[^\n]{0,40}(?:pool"
            r"|connection from)",
            r"(?:could not|couldn't|cannot|can't|unable to|failed to) (?:acquire|obtain|get|borrow"
            r"|check ?out)"
            r"[^\n]{0,40} (?:from (?:the |its )?(?:\w+ )?pool|database connection)",
            r"Timeout acquiring a connection|max_user_connections|all connections (?:are )?in use",
            r"连接池(?:已经?)?(?:满|耗尽|用尽)|获取(?:数据库)?连接(?:超时|失败)",
            r"no (?:free|idle|available) connections?[^\n]{0,20}pool",
            r"pool timed out|PoolTimeout\b|ConnectionAcquireTimeout|max number of clients reached",
            r"could(?: not|n't) (?:get|obtain|acquire) (?:a )?(?:\w+ )?(?:connection|resource)"
            r"(?: from the pool| within| after)",
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
            r"Migration checksum mismatch for migration (?:version )?(?P<name6>\S+)"
            r"|failed migrations? in the target",
            r"Can't locate revision identified by '(?P<name7>[^']+)'|Target database is not up to date",
            r"PendingMigrationError|Migrations are pending|InconsistentMigrationHistory"
            r"|MigrationSchemaMissing",
            r"Schema-validation: missing (?:table|column|sequence) \[(?P<name8>[^\]]+)\]",
            r"Invalid (?:object|column) name '(?P<name9>[^']+)'|table or view does not exist",
            r"(?:type|schema|extension|sequence) \"(?P<name10>[^\"]+)\" does not exist",
            r"function (?P<name11>[\w.]+)\([^)\n]{0,120}\) does not exist"
            r"|unconfigured table (?P<name12>\w+)",
            r"no such column: ?(?P<name13>[\w.]+)|has no column named (?P<name14>\w+)",
        ),
    ),
    (
        Sign.LOCK,
        (
            "deadlock (?:detected|found)",
            "Lock wait timeout exceeded",
            "could not obtain lock",
            "database is locked",
            "was deadlocked on lock",
            r"(?-i:\bORA-000(?:54|60)\b)",
            r"canceling statement due to lock timeout|could not acquire (?:change log )?lock"
            r"|\bSQLITE_BUSY\b|Waiting for changelog lock",
            r"another migration is (?:already |currently )?(?:running|in progress)"
            r"|Migration table is already locked",
        ),
    ),
    (
        Sign.SQL_SYNTAX,
        (
            r"syntax error at or near \"(?P<name>[^\"\n]{1,60})\"|syntax error at end of input",
            r"You have an error in your SQL syntax(?:[^\n]{0,120}? near '(?P<name2>[^'\n]{1,60}))?",
            r"Incorrect syntax near '?(?P<name3>[^'\n]{1,60})"
            r"|near \"(?P<name4>[^\"\n]{1,40})\": syntax error",
            r"SQLSyntaxErrorException|SQL command not properly ended",
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
            r"TooManyRequests(?:Exception|Error)?\b|RequestLimitExceeded|\bSlowDown: ",
            r"(?:调用|返回|响应|https?://)[^\n]{0,200}?(?:请求过于频繁|超过[^\n]{0,8}频率限制)|被限流",
            r"(?:status|code)(?: code)?[ :=]{1,3}429\b|HTTP(?:/[\d.]+)? 429\b",
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
            r"key not found: \"(?P<key10>(?-i:[A-Z][A-Z0-9_]{2,60}))\"",
            r"Undefined (?:array key|index):? [\"'](?P<key11>(?-i:[A-Z][A-Z0-9_]{2,60}))[\"']",
            r"must specify (?P<key12>(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]{1,60}))",
            r"specify one of the following as an environment "
            r"variable[^\w]{1,12}(?P<key13>(?-i:[A-Z][A-Z0-9_]{2,60}))",
            r"validation errors? for \w{1,60}\n(?P<key14>(?-i:[A-Z][A-Z0-9_]{2,60}))\n +field required",
            r"Result::unwrap\(\)` on an `Err` value: NotPresent",
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
            r"config(?:uration)? property (?P<key3>[\w.\-]{2,80}) is required",
            r"'(?P<key4>[\w.\-]{2,60})' attribute is not specified",
            r"cannot be null\.? \(Parameter '(?P<key5>[\w.]{2,60})'\)",
            r"validation errors? for \w{1,60}\n(?P<key6>[a-z_][\w.]{1,60})\n +field required",
        ),
    ),
    (
        Sign.AS_ROOT,
        (
            r"(?:must not|can ?not|can't|refus\w+ to|should not|not allowed to|don't) (?:be )?"
            r"(?:run|execut\w+|start\w*)(?: \w+){0,3} (?:as|by|under) (?:the )?[\"'`]?root\b",
            r"[\"'`]?\broot[\"'`]? (?:execution|user)[^\n]{0,60} not (?:permitted|allowed|supported)",
            r"running (?:\w+ ){0,3}as (?:the )?[\"'`]?root\b[^\n]{0,40}(?:not (?:permitted|allowed)"
            r"|forbidden)",
        ),
    ),
    (
        Sign.PORT_DENIED,
        (
            r"bind[^\n]{0,60}?:(?P<port>\d{1,4})\b[^\n]{0,40}permission denied",
            r"listen EACCES[^\n]{0,60}?:(?P<port2>\d{1,4})",
            r"listen [^\n]{0,40}:(?P<port3>\d{1,4}): bind: permission denied",
            r"SocketException \(13\): Permission denied(?=[^\0]{0,600}\bSocket\.Bind\b)",
            r"SocketException: Permission denied(?=[^\0]{0,600}\bNet\.bind)"
            r"|\.bind\([^\0]{0,300}?PermissionError: \[Errno 13\] Permission denied",
        ),
    ),
    (
        Sign.PORT_IN_USE,
        (
            r"EADDRINUSE[^\n]{0,60}?:(?P<port>\d{1,5})\b",
            r":(?P<port2>\d{1,5})\b[^\n]{0,60}(?:address|port) already in use",
            r"port (?P<port3>\d{1,5}) (?:was |is )?already in use",
            r"address \('[^'\n]{0,60}', (?P<port4>\d{1,5})[^\n]{0,12}: [^\n]{0,20}already in use",
            r"(?:address )?already in use[^\n]{0,60} port (?P<port5>\d{1,5})\b",
            r"address '(?:[\d.*\[\]:]{0,40}:)?(?P<port6>\d{1,5})': address already in use",
            r"address already in use|EADDRINUSE|only one usage of each socket address",
            r"端口 ?(?P<port7>\d{1,5}) ?(?:已经?)?被占用",
        ),
    ),
    (
        Sign.TOO_MANY_FILES,
        (
            r"too many open files|\bEMFILE\b|\bENFILE\b",
            r"(?<!bind: )(?<!BindException: )cannot assign requested address|(?<!listen )EADDRNOTAVAIL",
            r"limit for number of file watchers reached|inotify[^\n]{0,80}(?:no space left|limit|too many)",
        ),
    ),
    (
        Sign.TOO_MANY_THREADS,
        (
            r"unable to create (?:new )?(?:native )?thread|can't start new thread"
            r"|failed to create new OS thread",
            r"(?:fork|clone|pthread_create)[^\n]{0,60}Resource temporarily unavailable",
            r"Cannot fork\b|thread creation failed",
        ),
    ),
    (
        Sign.KERNEL_SETTING,
        (
            r"\b(?P<name>(?:vm|net|fs|kernel)(?:\.\w{1,40}){1,4})\b"
            r"(?: \[(?P<value>\d{1,12})\]| (?:got|is) (?P<value2>\d{1,12}))?"
            r"[^\n]{0,20}?\b(?:is )?(?:too low|(?:but )?(?:expect|require)(?:s|ed)?\b)"
            r"(?:[^\n]{0,30}? \[?(?P<least>\d{1,12}))?",
        ),
    ),
    (
        Sign.STORE_FULL,
        (r"etcdserver: (?:mvcc: )?(?:database space exceeded|no space)", r"\balarm\W{1,4}NOSPACE\b"),
    ),
    (
        Sign.DISK_FULL,
        (
            rf"(?:{_FILE}[^\n]{{0,120}}?)?(?:no space left|ENOSPC(?!: System limit)|disk quota exceeded)"
            r"(?:[^\n]{0,40}?[\"'](?P<file3>/[^\s\"':,)]{1,200})[\"'])?",
            r"could not (?:write|extend) [^\n]{0,80}\"(?P<file2>[^\"]+)\": No space",
            r"not enough space on the disk|(?:database or )?disk is full\b"
            r"|flood[- ]stage (?:disk )?watermark",
            r"磁盘(?:空间)?(?:不足|已满)",
            r"index read-only / allow delete|disk resource limit alarm set|(?:insufficient"
            r"|not enough) (?:free )?disk space",
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
        Sign.STALE_HANDLE,
        (rf"(?:{_FILE}[^\n]{{0,160}}?)?(?:\bstale (?:NFS )?file handle\b|(?-i:\bESTALE\b))",),
    ),
    (
        Sign.SLOW_DISK,
        (
            r"\bslow fdatasync\b|likely from slow disk|due to a slow disk",
            r"(?:fsync|fdatasync) (?:\w+ ){0,3}took too long"
            r"|\bsync duration of \d[\w.]{0,20}, expected less than",
            r"Asynchronous AOF fsync is taking too long",
        ),
    ),
    (
        Sign.DEVICE_FAULT,
        (
            r"uncorrectable (?:ECC|NVLink) error|\bGPU\b[^\n]{0,60}(?:is lost|fallen off the bus)",
            r"\bXid \([^)\n]{1,40}\): (?:48|63|64|74|79|94|95)\b",
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
        Sign.HEAP,
        (
            r"OutOfMemoryError(?:: (?P<name>[\w ]+))?",
            "heap out of memory",
            "runtime: out of memory",
            r"Cannot allocate memory|^MemoryError|std::bad_alloc|\bENOMEM\b",
            r"Reached heap limit|ERR_WORKER_OUT_OF_MEMORY|OutOfMemoryException|\bNoMemoryError\b",
            r"insufficient memory for the Java Runtime|Native memory allocation \(\w+\) failed",
            r"(?:_ArrayMemoryError|MemoryError): |Unable to allocate [\d.]+ [KMGT]iB"
            r"|memory allocation of \d+ bytes failed",
            r"Allowed memory size of \d+ bytes exhausted|Out Of Memory allocating \d+"
            r"|out of memory \(needed",
            r"^(?:(?:FATAL|ERROR|PANIC): +)?out of memory\.?$|Out of memory: Kill(?:ed)? process",
            r"\[\w+\] Data too large, data for",
            r"Could not reserve enough space for \w{1,20} object heap|(?:堆)?内存(?:溢出|不足|耗尽)",
        ),
    ),
    (
        Sign.CHILD_KILLED,
        (
            r"Worker \(pid: ?\d+\) was sent SIGKILL",
            r"worker \d+ \(pid: \d+\) died, killed by signal 9",
            r"(?:worker|child) (?:process|pid) \d+ (?:exited on signal 9|exit signal Killed \(9\))",
            r"Worker exited prematurely: signal 9|terminated by signal 9: Killed",
            r"(?:pool|child) \w* ?\d+ exited on signal 9 \(SIGKILL\)",
        ),
    ),
    (
        Sign.DNS,
        (
            r"no such host|Name or service not known|nodename nor servname|NXDOMAIN|server misbehaving",
            r"\blookup \S{1,253} on \S{1,60}:53: (?:read|write|dial) ",
            r"Temporary failure in name resolution|name resolution failed|NameResolutionError",
            r"(?:could ?n[o']t|cannot|can't|unable to|failed to|failure to) resolve\b"
            r"(?! (?:all |the |a |any |some )?(?:(?:required )?(?:service|constructor|parameter|method|type"
            r"|class|bean|dependenc\w+|module|symbol|import|reference|placeholder|variable|property|entity|schema"
            r"|component|plugin|artifact|conflict)s?\b(?! host)|[\"'`]@?[\w./-]{1,80}[\"'`] in ))"
            r"|name does not resolve",
            r"\bgetaddrinfo\b|\bENOTFOUND\b|EAI_AGAIN|EAI_NONAME|UnknownHostException|Unknown host\b",
            r"could not translate host name|bad address '|host not found in|Name has no usable address",
            r"No such host is known|no address associated with hostname"
            r"|failed to lookup address information",
            r"No address found for host|DNS lookup failed|dns error:|DNS resolution failed",
            r"无法解析(?:主机|域名)|(?:域名|主机名?)解析失败|解析(?:域名|主机名?)失败",
        ),
    ),
    (
        Sign.TIMEOUT,
        (
            rf"{_IN_VAIN}(?:timed? ?out\b|i/o timeout|deadline exceeded|timeout(?: expired|:)|SocketTimeout"
            r"|\(110\b)",
        ),
    ),
    (Sign.NO_ROUTE, (rf"{_IN_VAIN}(?:no route to host|EHOSTUNREACH|network is unreachable)",)),
    (
        Sign.REFUSED,
        (
            r"connection refused|ECONNREFUSED|ConnectionRefused|ConnectException|no available connection",
            r"(?:can'?t|cannot|could not|couldn't|unable to|failed to) (?:connect|establish|reach)\b",
            r"connection (?:attempt )?to \S+ (?:failed|refused)|no endpoints available for service\b",
            r"reset reason: (?:remote |local )?connection failure|delayed connect error: 111"
            r"|no healthy upstream",
            r"NoBrokersAvailable|NoHostAvailable|ServerSelectionTimeout|server selection (?:error|timeout)",
            r"Communications link failure|no live upstreams? while connecting|BrokerUnreachableException",
            r"Connection to node -?\d+ \([^)\n]{1,120}\) could not be established"
            r"|Bootstrap broker \S+ [^\n]{0,40}disconnected",
            r"not possible to connect to the redis server|specified endpoints were reachable"
            r"|all brokers (?:are )?down",
            r"error occurred while establishing a connection to SQL Server|AMQPConnection(?:Error"
            r"|Exception)",
            r"连接被拒绝|拒绝连接|无法(?:建立)?连接|建立连接失败|连接失败",
        ),
    ),
    (
        Sign.TIMEOUT,
        (
            r"i/o timeout|\bE(?:SOCKET)?TIMEDOUT\b|ConnectTimeout|SocketTimeoutException|deadline exceeded",
            r"(?:connect(?:ion)?|read|request|operation|upstream|query|call)\b[^\n]{0,40} timed? ?out",
            r"timeout (?:while |when )?(?:connecting|awaiting|waiting for|exceeded)",
            r"timed? ?out (?:after|while|waiting|connecting)|reset reason: connection timeout",
            r"Net::(?:Open|Read|Write)Timeout|(?:HttpClient|Client)\.Timeout|UND_ERR_(?:CONNECT"
            r"|HEADERS)_TIMEOUT",
            r"(?:连接|请求|读取|响应|调用|查询|等待)超时",
            r"TimeoutE(?:rror|xception)\b|(?:- |: |\b(?:got|gave|with) )no response\b"
            r"|(?:is )?not responding",
        ),
    ),
    (Sign.NO_ROUTE, (r"no route to host|EHOSTUNREACH|network is unreachable|ENETUNREACH",)),
    (
        Sign.RESET,
        (
            r"connection reset|\bECONNRESET\b|broken pipe|\bEPIPE\b",
            r"server closed the connection|upstream prematurely closed|socket hang up",
            r"server has gone away|Lost connection to (?:MySQL )?server|forcibly closed by the remote host",
            r"connection (?:was )?closed unexpectedly|Connection(?:Reset|Aborted)Error|UND_ERR_SOCKET",
        ),
    ),
    (
        Sign.SERVER_ERROR,
        (
            rf"(?<!referer: )(?<!referrer: ){_CALLED}(?:[^\n]{{0,60}}?{_STATUS}|: )50[0234]{_NO_AMOUNT}",
            rf"\b(?:GET|HEAD|POST|PUT|PATCH|DELETE) [\"'`(]?{_CALLED} \(?50[0234]{_NO_AMOUNT}(?! \d)",
            rf"\b50[0234] {_PHRASE}\b(?![^\n]{{0,40}}\b(?:serv(?:ing|ed)|render\w*|to (?:the )?client)\b)"
            rf"[^\n]{{0,60}}\bhttps?://[^\s\"'<>]{{1,300}}",
            r"(?:5\d\d Server Error: |HttpServerErrorException\b"
            r"|unexpected (?:HTTP )?status(?: code)?:? 50[0234]\b"
            r"|Request failed with status code 50[0234]\b|does not indicate success: 50[0234]\b"
            r"|\[50[0234]\] during \[\w+\] to \[|googleapi: (?:got HTTP response code|Error) 50[0234]\b"
            r"|HTTP Error 50[0234]: |requested URL returned error: 50[0234]\b"
            r"|server returned error: HTTP/[\d.]+ 50[0234]\b)",
        ),
    ),
    (
        Sign.BAD_RECORD,
        (
            r"Error deserializing (?:key|value|key/value) for partition (?P<name>[\w.-]{1,249}-\d{1,6}) "
            r"at offset (?P<key>\d{1,19})",
            r"(?:deserializ\w+|decod\w+|unmarshal\w*|poison)[^\n]{0,80}?\b(?:topic|partition)\W{1,3}"
            r"(?P<name2>[\w.-]{1,249})[^\n]{0,40}?\boffset\W{1,3}(?P<key2>\d{1,19})",
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
            r"unknown variable '(?P<name9>[^'\n]{1,80})'",
        ),
    ),
    (
        Sign.CODE_SYNTAX,
        (
            r"(?-i:\bSyntaxError: )(?!Unexpected token .{1,20} in JSON|[^\n]{0,60}(?:JSON"
            r"|DOCTYPE))[^\n]{1,80}",
            r"(?-i:\b(?:IndentationError|TabError): )",
            r"(?:PHP )?Parse error: +syntax error, unexpected [^\n]{1,80}? in (?P<file>/\S+)",
            r"(?P<file2>[\w./-]{1,160}\.rb):\d+: syntax error",
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
            r"^exec (?P<name3>/[\w./-]{1,120}): no such file or directory"
            r"|exec user process caused: \"?no such file",
            r"(?P<name4>/[\w./-]{1,120}): \S{1,60}\^M: bad interpreter",
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
            r"Error loading shared library (?P<name9>[^\s:]+)",
            r"(?P<name15>[\w.+-]{1,80}\.so[.\d]*): cannot open shared object file",
            r"Couldn't find a valid (?P<name16>ICU package)",
            r"Could not load file or assembly '(?P<name10>[\w.]+)",
            r"(?:GemNotFound: )?Could not find (?P<name11>[\w.-]+) in any of the sources|GemNotFound",
            r"Class \"(?P<name12>[\w\\]+)\" not found|Call to undefined function (?P<name13>\w+)\(",
            r"could not find driver\b|install or update \.NET to run",
            r"Can't locate (?P<name14>[\w/]+\.pm) in @INC"
            r"|compiled by a more recent version of the Java Runtime",
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
            r"(?:error|failed|failure|cannot|unable to|could not) (?:\w+ )?(?:parse|parsing|load|loading"
            r"|read"
            r"|reading|unmarshal|decode|decoding|in) (?:the )?(?:\w+ )?config(?:uration)?\b[^\n]{0,80}",
            r"invalid config(?:uration)?\b[^\n]{0,80}",
            r"while (?:parsing|scanning) (?:a|for|an) (?:block|flow|the next|simple|alias|anchor"
            r"|quoted)[^\n]{0,60}",
            r"FATAL CONFIG FILE ERROR|Bad directive or wrong number of arguments"
            r"|ConfigException: [^\n]{0,80}",
            r"unrecognized configuration parameter \"[^\"\n]{1,60}\""
            r"|configuration file \"[^\"\n]{1,160}\" contains errors",
            r"parsing \[/[^\]\n]{1,160}:\d+\][^\n]{0,80}|unknown setting \[[^\]\n]{1,80}\]"
            r"|unknown keyword '[^'\n]{1,60}'",
            r"Could not parse the JSON file|Error (?:reading|in) (?:the )?(?:YAML|TOML|JSON|INI) (?:file"
            r"|document)",
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
            r"Could not find a part of the path '(?P<file7>[^'\n]{1,200})'",
            r"No such file or directory @ \w+ - (?P<file8>[^\s)]{1,200})",
            r"\((?P<file9>/[^)\n]{1,200})\): failed to open stream: no such file",
            r"(?:cannot|can't|could not|couldn't) (?:open|find|read|load) (?:\w+ ){0,2}"
            r"[\"'`]?(?P<file6>/[^\s\"'`:,)]+)",
        ),
    ),
)
