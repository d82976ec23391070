import Foundation

/// Admits a limited number of labs at a time; the others wait their turn.
actor LabGate {
  /// The gate of this process. `SALLYPORT_LIVE_LABS` changes the number, which is 4.
  static let shared = LabGate(
    places: ProcessInfo.processInfo.environment["SALLYPORT_LIVE_LABS"].flatMap(Int.init) ?? 4)

  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var serial = 0
  private var preparation: Task<Void, Never>?

  init(places: Int) {
    free = max(1, places)
  }

  /// Waits for a place and returns a number that no other lab of this process has.
  func enter() async -> Int {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
    await prepare()
    serial += 1
    return serial
  }

  /// Gives the place to whoever waits longest.
  func leave() {
    if waiting.isEmpty {
      free += 1
    } else {
      waiting.removeFirst().resume()
    }
  }

  /// What is done once, before the first lab.
  private func prepare() async {
    let task =
      preparation
      ?? Task {
        await Leftovers.sweep()
        // Kernels with modules load these only for rules that name the helper; no harm where they are built in.
        _ = try? await Command(words: ["modprobe", "-qa", "nf_conntrack_ftp", "nf_nat_ftp"]).run()
      }
    preparation = task
    await task.value
  }
}
