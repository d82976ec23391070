/// Runs candidates in turns, so that whatever else the machine does meets all of them, and keeps the medians.
func measure(rounds: Int, _ candidates: [() throws -> ProcessRun]) throws -> [ProcessRun] {
  var runs = [[ProcessRun]](repeating: [], count: candidates.count)
  for _ in 0..<rounds {
    for (index, candidate) in candidates.enumerated() { runs[index].append(try candidate()) }
  }
  return runs.map { runs in
    ProcessRun(
      wall: median(runs.map(\.wall)), processor: median(runs.map(\.processor)), peak: median(runs.map(\.peak)),
      status: runs.last?.status ?? 0)
  }
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard let middle = sorted.indices.dropFirst(sorted.count / 2).first else { return 0 }
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// A table of results, columns as wide as their longest entry.
struct ResultTable {
  var title: String
  var rows: [[String]]

  init(_ title: String, columns: [String]) {
    self.title = title
    rows = [columns]
  }

  mutating func add(_ row: String...) { rows.append(row) }

  func show() {
    print("\n\(title)")
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    for row in rows {
      let cells = zip(row, widths).enumerated().map { index, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return index == 0 ? cell.0 + padding : padding + cell.0
      }
      print("  " + cells.joined(separator: "  "))
    }
  }
}

/// `1.234 s`, `56 ms`, `1.2 ms`.
func time(_ milliseconds: Double) -> String {
  if milliseconds >= 1000 { return "\(fixed(milliseconds / 1000, 2)) s" }
  return milliseconds >= 20 ? "\(Int(milliseconds.rounded())) ms" : "\(fixed(milliseconds, 1)) ms"
}

/// `1.25 x`.
func ratio(_ value: Double, to base: Double) -> String { base > 0 ? "\(fixed(value / base, 2)) x" : "-" }

func megabytes(_ value: Double) -> String { "\(Int(value.rounded())) MB" }

func fixed(_ value: Double, _ digits: Int) -> String {
  let factor = [1.0, 10, 100, 1000][min(digits, 3)]
  // A difference of two times may be below zero.
  let number = Int((abs(value) * factor).rounded())
  let (whole, rest) = number.quotientAndRemainder(dividingBy: Int(factor))
  let sign = value < 0 && number > 0 ? "-" : ""
  let fraction = String(rest)
  guard digits > 0 else { return "\(sign)\(whole)" }
  return "\(sign)\(whole)." + String(repeating: "0", count: max(0, digits - fraction.count)) + fraction
}
