import SallyportCLI

@main
struct Main {
  static func main() {
    runSallyport()
  }
}
