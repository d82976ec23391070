import ArgumentParser
import Compilation
import Diagnostics
import Files
import Glibc
import LanguageServer

/// `sallyport lsp`.
struct Lsp: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lsp",
    abstract: "Serve editors: the Language Server Protocol on standard input and output.",
    discussion: """
      Editors start it and speak to it. It says while one types what `check` would say, completes statements, values and \
      names, tells what they mean and which sessions of a publication work, finds and renames names, formats, and applies \
      fixes. It reads files and writes none; the kernel is not asked. docs/lsp.md tells how editors are set up.

      What it reads for an open file is what `check` would: the file with its includes; where another file includes it, \
      that one; and every *.sally of the folder where these use what others of them declare.

      Exit status 0 when the editor says `exit` after `shutdown`, else 1.

      EXAMPLES:
        sallyport lsp
        nvim --cmd "autocmd FileType sallyport lua vim.lsp.start{name='sallyport', cmd={'sallyport','lsp'}}" office.sally
      """)

  @Flag(help: ArgumentHelp("Speak over standard input and output, which it does in any case; some editors say so."))
  var stdio = false

  @OptionGroup var includes: IncludeOptions

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    let status = serve(
      .files(includingFrom: includes.folders), version: sallyportVersion, input: STDIN_FILENO, output: STDOUT_FILENO)
    if status != 0 { throw ExitCode(status) }
  }
}

extension PolicyWorld {
  /// The files of this machine.
  ///
  /// - Parameter others: Folders in which `include` may read beside that of the policy.
  static func files(includingFrom others: [String]) -> PolicyWorld {
    PolicyWorld(
      read: { readRegularInput($0) },
      readIncluded: { path, root in readInput(path, inside: OpenFolders([folder(of: root)] + others)) },
      list: { path, root in readNames(path, inside: OpenFolders([folder(of: root)] + others)) },
      contents: contents,
      page: { ruleDescription($0)?.page })
  }

  /// What lies in a folder: policies that do not lead out of it, and folders, links to folders left out.
  private static func contents(of folder: String) -> (policies: [String], folders: [String]) {
    let open = OpenFolders([folder])
    guard case .success(let names) = readNames(folder, inside: open) else { return ([], []) }
    let policies = names.filter { name in
      let path = "\(folder)/\(name)"
      return name.hasSuffix(".sally") && open.holds(path) && isRegularFile(path)
    }
    let folders = names.filter { name in
      var status = stat()
      return lstat("\(folder)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
    return (policies, folders)
  }
}
