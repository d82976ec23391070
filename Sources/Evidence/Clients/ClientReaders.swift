/// The readers of clients' logs. Of kinds that are equally likely the first is taken.
package let clientReaders: [any LogReader] = [
  CurlLog(), LftpLog(), FileZillaClientLog(), FtplibLog(), NcftpLog(), WgetLog(), WinSCPLog(), BSDFTPLog(),
]
