/// A page of its own that needs nothing else.
///
/// - Parameters:
///   - title: As text; it is escaped here.
///   - styles: What it needs besides the style sheet of pictures.
///   - body: As HTML.
package func htmlPage(title: String, styles: [String], body: String) -> String {
  """
  <!DOCTYPE html>
  <html lang="en">
  <head>
  <meta charset="UTF-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>\(escapedForXML(title))</title>
  <style>
  \(([Ladder.styleSheet] + styles).joined(separator: "\n"))
  </style>
  </head>
  <body>
  \(body)</body>
  </html>

  """
}
