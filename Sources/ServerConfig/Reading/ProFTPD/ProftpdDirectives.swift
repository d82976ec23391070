/// The directives of ProFTPD by module, as 1.3.8 of Debian takes them (measured: each name was given to the program, with and
/// without the modules).
enum ProftpdDirectives {
  /// The modules that Debian compiles in.
  static let compiledIn: Set<String> = [
    "mod_core.c", "mod_xfer.c", "mod_rlimit.c", "mod_auth_unix.c", "mod_auth_file.c", "mod_auth.c", "mod_ls.c",
    "mod_log.c",
    "mod_site.c", "mod_delay.c", "mod_facts.c", "mod_dso.c", "mod_auth_pam.c", "mod_cap.c", "mod_ctrls.c",
    "mod_lang.c",
  ]

  /// The module of each directive, both in lower case; empty for those that are compiled in.
  static let modules: [String: String] = {
    var modules: [String: String] = [:]
    for (module, names) in table {
      for name in names.split(separator: " ") { modules[name.lowercased()] = module }
    }
    return modules
  }()

  /// Every name as it is spelt.
  static let names: [String] = table.flatMap { $0.names.split(separator: " ").map(String.init) }.sorted()

  /// The directives that only some versions know, by name in lower case.
  static let some: [String: Validity] = [
    "scoreboardoptions": Validity(from: SoftwareVersion(1, 3, 9)),
    "ifsessionoptions": Validity(from: SoftwareVersion(1, 3, 9)),
  ]

  /// Beginnings of the names of modules that are not in the table.
  static let unlistedPrefixes = ["ldap", "geoip", "vroot", "case", "sql", "snmp", "proxy", "msg", "autohost"]

  private static let table: [(module: String, names: String)] = [
    (
      "",
      """
      AccessDenyMsg AccessGrantMsg Allow AllowAll AllowChrootSymlinks AllowClass AllowEmptyPasswords AllowFilter \
      AllowForeignAddress AllowGroup AllowLogSymlinks AllowOverride AllowOverwrite AllowRetrieveRestart \
      AllowStoreRestart AllowUser AnonAllowRobots AnonRejectPasswords AnonRequirePassword AuthAliasOnly \
      AuthFileOptions AuthGroupFile AuthOrder AuthPAM AuthPAMConfig AuthPAMOptions AuthUnixOptions AuthUserFile \
      AuthUsingAlias CDPath CapabilitiesEngine CapabilitiesRootRevoke CapabilitiesSet CommandBufferSize ControlsACLs \
      ControlsAuthFreshness ControlsEngine ControlsInterval ControlsLog ControlsMaxClients ControlsSocket \
      ControlsSocketACL ControlsSocketOwner CreateHome DebugLevel DefaultAddress DefaultChdir DefaultRoot \
      DefaultServer DefaultTransferMode DeferWelcome Define DelayControlsACLs DelayEngine DelayOnEvent DelayTable \
      DeleteAbortedStores Deny DenyAll DenyClass DenyFilter DenyGroup DenyUser DirFakeGroup DirFakeMode DirFakeUser \
      DisplayChdir DisplayConnect DisplayFileTransfer DisplayLogin DisplayQuit ExtendedLog FSCachePolicy FSOptions \
      FactsAdvertise FactsDefault FactsOptions From Group GroupOwner HiddenStores HideFiles HideGroup HideNoAccess \
      HideUser IgnoreHidden Include IncludeOptions LangDefault LangEngine LangOptions LangPath ListOptions ListStyle \
      LoadFile LoadModule LogFormat LogOptions MasqueradeAddress MaxClients MaxClientsPerClass MaxClientsPerHost \
      MaxClientsPerUser MaxCommandRate MaxConnectionRate MaxConnectionsPerHost MaxHostsPerUser MaxInstances \
      MaxLoginAttempts MaxPasswordSize MaxRetrieveFileSize MaxStoreFileSize MaxTransfersPerHost MaxTransfersPerUser \
      ModuleControlsACLs ModuleOrder ModulePath MultilineRFC2228 Order PassivePorts PathAllowFilter PathDenyFilter \
      PersistentPasswd PidFile Port ProcessTitles Protocols RLimitCPU RLimitChroot RLimitMemory RLimitOpenFiles \
      RegexOptions RequireValidShell RewriteHome RootLogin RootRevoke Satisfy ScoreboardFile ScoreboardMutex \
      ScoreboardScrub ServerAdmin ServerAlias ServerIdent ServerLog ServerName ServerType SetEnv ShowSymlinks \
      SocketBindTight SocketOptions StoreUniquePrefix SyslogFacility SyslogLevel SystemLog TCPBackLog TCPNoDelay \
      TimeoutIdle TimeoutLinger TimeoutLogin TimeoutNoTransfer TimeoutSession TimeoutStalled TimesGMT Trace TraceLog \
      TraceOptions TransferLog TransferOptions TransferRate Umask UnsetEnv UseEncoding UseFtpUsers UseGlobbing \
      UseIPv6 UseLastlog UseReverseDNS UseSendfile User UserAlias UserDirRoot UserOwner UserPassword WtmpLog \
      tcpBackLog tcpNoDelay
      """
    ),
    (
      "mod_ban.c",
      """
      BanCache BanCacheOptions BanControlsACLs BanEngine BanLog BanMessage BanOnEvent BanOptions BanTable
      """
    ),
    (
      "mod_copy.c",
      """
      CopyEngine CopyOptions
      """
    ),
    (
      "mod_ctrls_admin.c",
      """
      AdminControlsACLs AdminControlsEngine
      """
    ),
    (
      "mod_deflate.c",
      """
      DeflateEngine DeflateLog
      """
    ),
    (
      "mod_digest.c",
      """
      DigestAlgorithms DigestCache DigestDefaultAlgorithm DigestEnable DigestEngine DigestMaxSize DigestOptions
      """
    ),
    (
      "mod_dynmasq.c",
      """
      DynMasqControlsACLs DynMasqRefresh
      """
    ),
    (
      "mod_exec.c",
      """
      ExecBeforeCommand ExecEnable ExecEngine ExecEnviron ExecLog ExecOnCommand ExecOnConnect ExecOnError \
      ExecOnEvent ExecOnExit ExecOnRestart ExecOptions ExecTimeout
      """
    ),
    (
      "mod_facl.c",
      """
      FACLEngine
      """
    ),
    (
      "mod_ident.c",
      """
      IdentLookups
      """
    ),
    (
      "mod_load.c",
      """
      MaxLoad
      """
    ),
    (
      "mod_log_forensic.c",
      """
      ForensicLogBufferSize ForensicLogCapture ForensicLogCriteria ForensicLogEngine ForensicLogFile
      """
    ),
    (
      "mod_memcache.c",
      """
      MemcacheConnectFailures MemcacheEngine MemcacheLog MemcacheOptions MemcacheReplicas MemcacheServers \
      MemcacheTimeouts
      """
    ),
    (
      "mod_qos.c",
      """
      QoSOptions
      """
    ),
    (
      "mod_quotatab.c",
      """
      QuotaDefault QuotaDirectoryTally QuotaDisplayUnits QuotaEngine QuotaExcludeFilter QuotaLimitTable QuotaLock \
      QuotaLog QuotaOptions QuotaShowQuotas QuotaTallyTable
      """
    ),
    (
      "mod_radius.c",
      """
      RadiusAcctServer RadiusAuthServer RadiusEngine RadiusGroupInfo RadiusLog RadiusNASIdentifier RadiusOptions \
      RadiusQuotaInfo RadiusRealm RadiusUserInfo RadiusVendor
      """
    ),
    (
      "mod_ratio.c",
      """
      AnonRatio ByteRatioErrMsg CwdRatioMsg FileRatioErrMsg GroupRatio HostRatio LeechRatioMsg RatioFile \
      RatioTempFile SaveRatios UserRatio
      """
    ),
    (
      "mod_readme.c",
      """
      DisplayReadme
      """
    ),
    (
      "mod_redis.c",
      """
      RedisEngine RedisLog RedisLogFormatExtra RedisLogOnCommand RedisLogOnEvent RedisOptions RedisSentinel \
      RedisServer RedisTimeouts
      """
    ),
    (
      "mod_rewrite.c",
      """
      RewriteCondition RewriteEngine RewriteLock RewriteLog RewriteMap RewriteMaxReplace RewriteRule
      """
    ),
    (
      "mod_sftp.c",
      """
      SFTPAcceptEnv SFTPAuthMethods SFTPAuthorizedHostKeys SFTPAuthorizedUserKeys SFTPCiphers SFTPClientAlive \
      SFTPClientMatch SFTPCompression SFTPCryptoDevice SFTPDHParamFile SFTPDigests SFTPDisplayBanner SFTPEngine \
      SFTPExtensions SFTPHostKey SFTPHostKeys SFTPKeyBlacklist SFTPKeyExchanges SFTPKeyLimits SFTPLog \
      SFTPMaxChannels SFTPOptions SFTPPassPhraseProvider SFTPRekey SFTPTrafficPolicy
      """
    ),
    (
      "mod_sftp_pam.c",
      """
      SFTPPAMEngine SFTPPAMOptions SFTPPAMServiceName
      """
    ),
    (
      "mod_shaper.c",
      """
      ShaperAll ShaperControlsACLs ShaperEngine ShaperLog ShaperSession ShaperTable
      """
    ),
    (
      "mod_site_misc.c",
      """
      SiteMiscEngine
      """
    ),
    (
      "mod_sql.c",
      """
      SQLAuthTypes SQLAuthenticate SQLBackend SQLConnectInfo SQLDefaultGID SQLDefaultHomedir SQLDefaultUID SQLEngine \
      SQLGroupInfo SQLGroupPrimaryKey SQLGroupWhereClause SQLKeepAlive SQLLog SQLLogFile SQLLogOnEvent SQLMinID \
      SQLMinUserGID SQLMinUserUID SQLNamedConnectInfo SQLNamedQuery SQLNegativeCache SQLOptions SQLRatioStats \
      SQLRatios SQLShowInfo SQLUserInfo SQLUserPrimaryKey SQLUserWhereClause
      """
    ),
    (
      "mod_sql_passwd.c",
      """
      SQLPasswordArgon2 SQLPasswordCost SQLPasswordEncoding SQLPasswordEngine SQLPasswordOptions SQLPasswordPBKDF2 \
      SQLPasswordRounds SQLPasswordSaltEncoding SQLPasswordSaltFile SQLPasswordScrypt SQLPasswordUserSalt
      """
    ),
    (
      "mod_statcache.c",
      """
      StatCacheCapacity StatCacheControlsACLs StatCacheEngine StatCacheMaxAge StatCacheTable
      """
    ),
    (
      "mod_tls.c",
      """
      TLSCACertificateFile TLSCACertificatePath TLSCARevocationFile TLSCARevocationPath TLSCertificateChainFile \
      TLSCipherSuite TLSControlsACLs TLSCryptoDevice TLSDHParamFile TLSDSACertificateFile TLSDSACertificateKeyFile \
      TLSECCertificateFile TLSECCertificateKeyFile TLSECDHCurve TLSEngine TLSLog TLSMasqueradeAddress \
      TLSNextProtocol TLSOptions TLSPKCS12File TLSPassPhraseProvider TLSPreSharedKey TLSProtocol \
      TLSRSACertificateFile TLSRSACertificateKeyFile TLSRandomSeed TLSRenegotiate TLSRequired \
      TLSServerCipherPreference TLSServerInfoFile TLSSessionCache TLSSessionTicketKeys TLSSessionTickets TLSStapling \
      TLSStaplingCache TLSStaplingOptions TLSStaplingResponder TLSStaplingTimeout TLSTimeoutHandshake TLSUserName \
      TLSVerifyClient TLSVerifyDepth TLSVerifyOrder TLSVerifyServer
      """
    ),
    (
      "mod_unique_id.c",
      """
      UniqueIDEngine
      """
    ),
    (
      "mod_wrap2.c",
      """
      WrapAllowMsg WrapDenyMsg WrapEngine WrapGroupTables WrapLog WrapOptions WrapServiceName WrapTables \
      WrapUserTables
      """
    ),
  ]
}
