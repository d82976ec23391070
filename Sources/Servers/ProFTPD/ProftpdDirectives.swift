/// The directives of ProFTPD by module (their tables in the programs of Debian: 1.3.8, 1.3.8c and 1.3.9e; each name of
/// 1.3.8 was given to the program, with and without the modules).
enum ProftpdDirectives {
  /// The modules that Debian compiles in.
  static let compiledIn: Set<String> = [
    "mod_core.c", "mod_rlimit.c", "mod_auth_unix.c", "mod_auth_file.c", "mod_auth.c", "mod_log.c", "mod_site.c",
    "mod_facts.c", "mod_dso.c", "mod_auth_pam.c", "mod_cap.c", "mod_ctrls.c", "mod_lang.c",
  ]

  /// The modules that are compiled in up to 1.3.8, and everywhere but at Debian. From 1.3.8c on Debian has them as
  /// files of their own, which its modules.conf loads (measured: 1.3.8.c+dfsg-4+deb13u5, 1.3.9e~dfsg-1).
  static let movable: Set<String> = ["mod_xfer.c", "mod_ls.c", "mod_delay.c"]
  /// Where these have to be loaded.
  static let moved = Validity(from: SoftwareVersion(1, 3, 8, 3), builders: [.debian])

  /// The modules that have no directives of their own.
  private static let silent: Set<String> = [
    "mod_ifsession.c", "mod_ifversion.c", "mod_quotatab_file.c", "mod_quotatab_radius.c", "mod_quotatab_sql.c",
    "mod_sftp_sql.c", "mod_tls_fscache.c", "mod_tls_memcache.c", "mod_tls_redis.c", "mod_tls_shmcache.c",
    "mod_wrap2_file.c", "mod_wrap2_redis.c", "mod_wrap2_sql.c",
  ]

  /// Every module that is known here.
  static let known: Set<String> = compiledIn.union(movable).union(silent).union(modules.values)

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
    "ifsessionoptions": Validity(from: SoftwareVersion(1, 3, 9)),
    "sftpauthpublickeys": Validity(from: SoftwareVersion(1, 3, 9)),
    "scoreboardoptions": Validity(from: SoftwareVersion(1, 3, 9)),
  ]

  /// Beginnings of the names of modules that are not in the table.
  static let unlistedPrefixes = [
    "ldap", "geoip", "vroot", "case", "snmp", "proxy", "msg", "autohost", "kafka", "sqlodbc",
  ]

  private static let table: [(module: String, names: String)] = [
    (
      "",
      """
      AccessDenyMsg AccessGrantMsg Allow AllowAll AllowChrootSymlinks AllowClass AllowEmptyPasswords \
      AllowFilter AllowForeignAddress AllowGroup AllowLogSymlinks AllowOverride AllowUser AnonAllowRobots \
      AnonRejectPasswords AnonRequirePassword AuthAliasOnly AuthFileOptions AuthGroupFile AuthOrder \
      AuthPAM AuthPAMConfig AuthPAMOptions AuthUnixOptions AuthUserFile AuthUsingAlias CDPath \
      CapabilitiesEngine CapabilitiesRootRevoke CapabilitiesSet CommandBufferSize ControlsACLs \
      ControlsAuthFreshness ControlsEngine ControlsInterval ControlsLog ControlsMaxClients ControlsSocket \
      ControlsSocketACL ControlsSocketOwner CreateHome DebugLevel DefaultAddress DefaultChdir DefaultRoot \
      DefaultServer DeferWelcome Define Deny DenyAll DenyClass DenyFilter DenyGroup DenyUser DisplayChdir \
      DisplayConnect DisplayLogin DisplayQuit ExtendedLog FSCachePolicy FSOptions FactsAdvertise \
      FactsDefault FactsOptions From Group GroupOwner HideFiles HideGroup HideNoAccess HideUser \
      IgnoreHidden Include IncludeOptions LangDefault LangEngine LangOptions LangPath LoadFile LoadModule \
      LogFormat LogOptions MasqueradeAddress MaxClients MaxClientsPerClass MaxClientsPerHost \
      MaxClientsPerUser MaxCommandRate MaxConnectionRate MaxConnectionsPerHost MaxHostsPerUser \
      MaxInstances MaxLoginAttempts MaxPasswordSize ModuleControlsACLs ModuleOrder ModulePath \
      MultilineRFC2228 Order PassivePorts PathAllowFilter PathDenyFilter PersistentPasswd PidFile Port \
      ProcessTitles Protocols RLimitCPU RLimitChroot RLimitMemory RLimitOpenFiles RegexOptions \
      RequireValidShell RewriteHome RootLogin RootRevoke Satisfy ScoreboardFile ScoreboardMutex \
      ScoreboardOptions ScoreboardScrub ServerAdmin ServerAlias ServerIdent ServerLog ServerName \
      ServerType SetEnv SocketBindTight SocketOptions SyslogFacility SyslogLevel SystemLog TCPBackLog \
      TCPNoDelay TimeoutIdle TimeoutLinger TimeoutLogin TimeoutSession TimesGMT Trace TraceLog \
      TraceOptions TransferLog Umask UnsetEnv UseEncoding UseFtpUsers UseIPv6 UseLastlog UseReverseDNS \
      User UserAlias UserDirRoot UserOwner UserPassword WtmpLog tcpBackLog tcpNoDelay
      """
    ),
    (
      "mod_auth_otp.c",
      """
      AuthOTPAlgorithm AuthOTPEngine AuthOTPLog AuthOTPOptions AuthOTPTable AuthOTPTableLock
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
      "mod_delay.c",
      """
      DelayControlsACLs DelayEngine DelayOnEvent DelayTable
      """
    ),
    (
      "mod_digest.c",
      """
      DigestAlgorithms DigestCache DigestDefaultAlgorithm DigestEnable DigestEngine DigestMaxSize \
      DigestOptions
      """
    ),
    (
      "mod_dnsbl.c",
      """
      DNSBLDomain DNSBLEngine DNSBLLog DNSBLPolicy
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
      "mod_ifsession.c",
      """
      IfSessionOptions
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
      "mod_ls.c",
      """
      DirFakeGroup DirFakeMode DirFakeUser ListOptions ListStyle ShowSymlinks UseGlobbing
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
      QuotaDefault QuotaDirectoryTally QuotaDisplayUnits QuotaEngine QuotaExcludeFilter QuotaLimitTable \
      QuotaLock QuotaLog QuotaOptions QuotaShowQuotas QuotaTallyTable
      """
    ),
    (
      "mod_radius.c",
      """
      RadiusAcctServer RadiusAuthServer RadiusEngine RadiusGroupInfo RadiusLog RadiusNASIdentifier \
      RadiusOptions RadiusQuotaInfo RadiusRealm RadiusUserInfo RadiusVendor
      """
    ),
    (
      "mod_ratio.c",
      """
      AnonRatio ByteRatioErrMsg CwdRatioMsg FileRatioErrMsg GroupRatio HostRatio LeechRatioMsg RatioFile \
      RatioTempFile Ratios SaveRatios UserRatio
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
      RedisEngine RedisLog RedisLogFormatExtra RedisLogOnCommand RedisLogOnEvent RedisOptions \
      RedisSentinel RedisServer RedisTimeouts
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
      SFTPAcceptEnv SFTPAuthMethods SFTPAuthPublicKeys SFTPAuthorizedHostKeys SFTPAuthorizedUserKeys \
      SFTPCiphers SFTPClientAlive SFTPClientMatch SFTPCompression SFTPCryptoDevice SFTPDHParamFile \
      SFTPDigests SFTPDisplayBanner SFTPEngine SFTPExtensions SFTPHostKey SFTPHostKeys SFTPKeyBlacklist \
      SFTPKeyExchanges SFTPKeyLimits SFTPLog SFTPMaxChannels SFTPOptions SFTPPassPhraseProvider SFTPRekey \
      SFTPTrafficPolicy
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
      SQLAuthTypes SQLAuthenticate SQLBackend SQLConnectInfo SQLDefaultGID SQLDefaultHomedir SQLDefaultUID \
      SQLEngine SQLGroupInfo SQLGroupPrimaryKey SQLGroupWhereClause SQLKeepAlive SQLLog SQLLogFile \
      SQLLogOnEvent SQLMinID SQLMinUserGID SQLMinUserUID SQLNamedConnectInfo SQLNamedQuery \
      SQLNegativeCache SQLOptions SQLRatioStats SQLRatios SQLShowInfo SQLUserInfo SQLUserPrimaryKey \
      SQLUserWhereClause
      """
    ),
    (
      "mod_sql_passwd.c",
      """
      SQLPasswordArgon2 SQLPasswordCost SQLPasswordEncoding SQLPasswordEngine SQLPasswordOptions \
      SQLPasswordPBKDF2 SQLPasswordRounds SQLPasswordSaltEncoding SQLPasswordSaltFile SQLPasswordScrypt \
      SQLPasswordUserSalt
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
      TLSCACertificateFile TLSCACertificatePath TLSCARevocationFile TLSCARevocationPath \
      TLSCertificateChainFile TLSCipherSuite TLSControlsACLs TLSCryptoDevice TLSDHParamFile \
      TLSDSACertificateFile TLSDSACertificateKeyFile TLSECCertificateFile TLSECCertificateKeyFile \
      TLSECDHCurve TLSEngine TLSLog TLSMasqueradeAddress TLSNextProtocol TLSOptions TLSPKCS12File \
      TLSPassPhraseProvider TLSPreSharedKey TLSProtocol TLSRSACertificateFile TLSRSACertificateKeyFile \
      TLSRandomSeed TLSRenegotiate TLSRequired TLSServerCipherPreference TLSServerInfoFile TLSSessionCache \
      TLSSessionTicketKeys TLSSessionTickets TLSStapling TLSStaplingCache TLSStaplingOptions \
      TLSStaplingResponder TLSStaplingTimeout TLSTimeoutHandshake TLSUserName TLSVerifyClient \
      TLSVerifyDepth TLSVerifyOrder TLSVerifyServer
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
    (
      "mod_xfer.c",
      """
      AllowOverwrite AllowRetrieveRestart AllowStoreRestart DefaultTransferMode DeleteAbortedStores \
      DisplayFileTransfer HiddenStores MaxRetrieveFileSize MaxStoreFileSize MaxTransfersPerHost \
      MaxTransfersPerUser StoreUniquePrefix TimeoutNoTransfer TimeoutStalled TransferOptions TransferRate \
      UseSendfile
      """
    ),
  ]
}
