import SallyportCLI

@main
struct Main {
  static func main() async {
    await runSallyport()
  }
}
