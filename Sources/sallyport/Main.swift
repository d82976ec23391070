import CLinux
import SallyportCLI

@main
struct Main {
  /// On the main thread, and so with the allocator's own arena, because a command that waits for nothing needs no
  /// other.
  @MainActor
  static func main() async {
    // A policy is read and turned into values that live until the end, so memory comes in large steps and is not given
    // back in between: fewer calls of the system, and fewer pages that it has to clear again.
    mallopt(M_TRIM_THRESHOLD, 1 << 30)
    mallopt(M_MMAP_THRESHOLD, 32 << 20)
    reserve_heap(256 << 20)
    await runSallyport()
  }
}
