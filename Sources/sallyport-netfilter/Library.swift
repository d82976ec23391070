// SPDX-License-Identifier: GPL-2.0-only

import CNftables
import Glibc

/// One context of libnftables. The library is not thread safe, whatever the number of contexts: one a process. It ends
/// with the process, because freeing what was listed of a large table takes longer than reading the answer.
struct Library {
  private let context: OpaquePointer

  /// `nil` when the library gives no context. Where netlink cannot be opened, it ends the process instead.
  init?() {
    guard let context = nft_ctx_new(UInt32(NFT_CTX_DEFAULT)) else { return nil }
    guard nft_ctx_buffer_output(context) == 0, nft_ctx_buffer_error(context) == 0 else {
      nft_ctx_free(context)
      return nil
    }
    // Our scripts include nothing.
    nft_ctx_clear_include_paths(context)
    self.context = context
  }

  func answer(to request: Request) -> Answer {
    switch request {
    case .check(let script):
      nft_ctx_set_dry_run(context, true)
      return run(script: script)
    case .commit(let script, let generation):
      guard let generation else { return run(script: script) }
      guard bindsBatches() else { return Answer(status: -1, output: [], errors: Array("unbound\n".utf8)) }
      BatchGeneration.expected = generation
      var answer = run(script: script)
      answer.generation = generation
      return answer
    case .listConnections:
      guard let lines = trackedConnections() else {
        return Answer(status: -1, output: [], errors: Array("the kernel does not list its connections\n".utf8))
      }
      return Answer(status: 0, output: lines, errors: [])
    case .generation: return Answer(status: 0, output: [], errors: [], generation: rulesetGeneration())
    case .printTable(let name): return print(table: name)
    case .listChains:
      nft_ctx_output_set_flags(context, UInt32(NFT_CTX_OUTPUT_JSON))
      return answer(status: nft_run_cmd_from_buffer(context, "list chains"))
    case .listRuleset: return listRuleset()
    case .listTable(let name):
      nft_ctx_output_set_flags(context, UInt32(NFT_CTX_OUTPUT_JSON))
      var answer = list("list table inet \(name)")
      if let tables = listed(NFT_MSG_GETTABLE) { answer.more.append(Frame("tables", tables)) }
      return answer
    }
  }

  /// Whether libnftables begins its batches with our function. A build that was linked with libnftnl in another way
  /// would call that one, and a commit would take place whatever the generation is. A dry run tells: it begins a batch
  /// like any other, and ends none.
  private func bindsBatches() -> Bool {
    nft_ctx_set_dry_run(context, true)
    defer { nft_ctx_set_dry_run(context, false) }
    _ = answer(status: nft_run_cmd_from_buffer(context, "table inet sallyport"))
    return BatchGeneration.isAsked
  }

  private func listRuleset() -> Answer {
    let rules = RunningRules(
      json: {
        nft_ctx_output_set_flags(context, UInt32(NFT_CTX_OUTPUT_JSON))
        return list("list ruleset")
      },
      text: {
        nft_ctx_output_set_flags(
          context, UInt32(NFT_CTX_OUTPUT_HANDLE) | UInt32(NFT_CTX_OUTPUT_STATELESS) | UInt32(NFT_CTX_OUTPUT_TERSE))
        return list("list ruleset")
      })
    var answer = rules.listing
    answer.more = rules.more
    return answer
  }

  /// The generation is read first: whatever changes after it makes a commit that expects it fail.
  private func list(_ command: String) -> Answer {
    let generation = rulesetGeneration()
    var answer = answer(status: nft_run_cmd_from_buffer(context, command))
    answer.generation = generation
    return answer
  }

  /// The text, and beside it what the text does not tell. The listing of the ruleset alone spares reading the elements
  /// when none are shown (nft 1.0.6). Names of protocols would have to be looked up in a file when the text is taken in
  /// again.
  private func print(table name: String) -> Answer {
    nft_ctx_output_set_flags(context, UInt32(NFT_CTX_OUTPUT_JSON) | UInt32(NFT_CTX_OUTPUT_TERSE))
    let outline = list("list ruleset inet")
    nft_ctx_output_set_flags(context, UInt32(NFT_CTX_OUTPUT_NUMERIC_PROTO))
    var answer = list("list table inet \(name)")
    if let tables = listed(NFT_MSG_GETTABLE) {
      answer.more.append(Frame("tables", tables))
      let strange = StrangeTexts(table: name).firstPlace(tables)
      if let strange, rulesetGeneration() == answer.generation { answer.more.append(Frame("strange", strange)) }
    }
    if outline.status == 0, outline.generation == answer.generation, rulesetGeneration() == answer.generation {
      answer.outline = outline.output
    }
    return answer
  }

  /// Runs a script from a file in memory: only files have line numbers in errors. It must be a regular file, which a
  /// memfd is, and never `/dev/stdin`, which older versions read after they have freed it.
  private func run(script: [UInt8]) -> Answer {
    let file = memfd_create("sallyport", 0)
    guard file >= 0, writeAll(script, to: file), lseek(file, 0, SEEK_SET) == 0 else {
      return Answer(status: -1, output: [], errors: Array("no memory for the script\n".utf8))
    }
    defer { close(file) }
    return answer(status: nft_run_cmd_from_filename(context, "/proc/self/fd/\(file)"))
  }

  /// The buffers are rewound when they are read, so each is copied once.
  private func answer(status: Int32) -> Answer {
    Answer(
      status: status, output: bytes(nft_ctx_get_output_buffer(context)),
      errors: bytes(nft_ctx_get_error_buffer(context)))
  }

  private func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8] {
    guard let text else { return [] }
    return Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }
}
