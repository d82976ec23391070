; Later patterns win.
(comment) @comment
(string) @string
(escape) @string.escape
(number) @number
(address) @number
(arrow) @operator
"=" @operator
"," @punctuation.delimiter
";" @punctuation.delimiter
["{" "}"] @punctuation.bracket

((word) @constant.builtin
  (#any-of? @constant.builtin
    "on" "off" "any" "local" "at" "per" "client" "sessions" "new" "minute" "explicit" "optional" "required" "implicit"
    "clear-control" "keep" "gateway" "denied" "all" "interface" "connection" "device" "key" "thumbprint" "plain" "pasv"
    "epsv" "port" "eprt" "over" "from" "inside" "ipv4" "ipv6"))

((word) @type.builtin
  (#any-of? @type.builtin
    "iis" "pure-ftpd" "proftpd" "vsftpd" "filezilla" "sftpgo" "other" "nftables" "iptables"
    "firewalld" "openwrt" "routeros" "asa" "srx" "screenos" "isa" "tmg" "windows" "fortigate" "sheet"))

((statement keyword: (word) @keyword)
  (#any-of? @keyword
    "server" "gateway" "publication" "external" "control" "passive" "tls" "helper" "active" "allow" "deny" "limit"
    "hairpin" "source" "log" "address" "software" "site" "certificate" "max" "outside" "inside" "platform" "behind"
    "mark" "access" "unit" "before" "numbers" "works" "refused" "broken" "clients" "include"))

; The second word of a keyword.
((statement keyword: (word) @_first . (word) @keyword)
  (#any-of? @_first "external" "control" "passive" "max" "access" "unit" "helper")
  (#any-of? @keyword "ip" "is" "port" "range" "clients" "list" "outside" "inside" "scope"))

((block_statement keyword: (word) @keyword)
  (#any-of? @keyword "gateway" "server" "publish" "reach" "defaults" "expect"))

((block_statement keyword: (word) @keyword . (word) @type)
  (#any-of? @keyword "gateway" "server" "publish" "reach" "expect"))
