import Diagnostics
import FTPSession
import Platforms
import Policy

extension PolicyReport {
  /// One page that needs nothing else. It says all without scripts; with them, tables can be searched.
  ///
  /// - Parameter title: What the page is called, for example the names of the files.
  package func html(title: String) -> String {
    let sections = [
      ("picture", "Who leads where", ReportPicture(self).html), ("publications", "Publications", publicationTables),
      ("reaches", "Servers outside that users reach", reachTable), ("sessions", "What works for whom", kindTables),
      ("findings", "Findings", findings), ("gateways", "What each gateway needs", gatewayList),
      ("servers", "What each server needs", serverTable),
    ].filter { !$0.2.isEmpty }
    let links = sections.map { "<li><a href=\"#\($0.0)\">\($0.1)</a></li>" }.joined(separator: "\n")
    let body = sections.map { id, heading, text in
      "<section id=\"\(id)\" aria-labelledby=\"\(id)-h\">\n<h2 id=\"\(id)-h\">\(heading)</h2>\n\(text)</section>\n"
    }
    return htmlPage(
      title: title, styles: [pageStyleSheet, ReportPicture.styleSheet, Self.styleSheet],
      body: """
        <header>
        <h1>\(escapedForXML(title))</h1>
        <p class="verdict">\(verdict)</p>
        </header>
        <nav aria-label="Sections">
        <ul>
        \(links)
        </ul>
        </nav>
        <main>
        \(body.joined())</main>
        <script>
        \(Self.search)
        </script>

        """)
  }

  private static let styleSheet = """
    body { max-width: 1500px; } nav ul { padding: 0; display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; }
    a { color: var(--data); } td.open { color: var(--bad); } .wide { overflow-x: auto; }
    summary { cursor: pointer; font-weight: bold; padding: 4px 0; } li.error { color: var(--bad); }
    .wide table { overflow-wrap: normal; } tbody th { white-space: nowrap; }
    input[type=search] { font: inherit; width: min(100%, 30em); padding: 4px 8px; margin: 8px 0; box-sizing: border-box; }
    dt { font-weight: bold; margin-top: 12px; } dd { margin-left: 16px; }
    """

  /// Adds a field for what is searched; rows of publications that do not have it are hidden. What a link leads to is
  /// unfolded, and everything on paper.
  private static let search = """
    (() => {
      const unfold = (element) => {
        for (let part = element; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
      };
      const follow = () => unfold(document.getElementById(decodeURIComponent(location.hash.slice(1))));
      addEventListener("hashchange", follow);
      addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(unfold));
      follow();
    })();
    (() => {
      const section = document.getElementById("publications");
      if (!section) return;
      const rows = [...section.querySelectorAll("tbody tr")];
      if (rows.length < 2) return;
      const label = document.createElement("label");
      const field = document.createElement("input");
      const count = document.createElement("p");
      field.type = "search";
      count.setAttribute("role", "status");
      label.append("Search publications ", field);
      section.querySelector("h2").after(label, count);
      const texts = rows.map((row) => row.textContent.toLowerCase());
      field.addEventListener("input", () => {
        const words = field.value.toLowerCase().split(" ").filter(Boolean);
        let shown = 0;
        rows.forEach((row, index) => {
          row.hidden = !words.every((word) => texts[index].includes(word));
          if (!row.hidden) shown += 1;
        });
        for (const part of section.querySelectorAll("details")) {
          const some = part.querySelector("tbody tr:not([hidden])");
          part.hidden = !some;
          if (words.length > 0 && some) part.open = true;
        }
        count.textContent = words.length > 0 ? `${shown} of ${rows.length}` : "";
      });
    })();
    """

  private var verdict: String {
    let (errors, warnings) = (count(.error), count(.warning))
    func number(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
    let size =
      "\(number(policy.publications.count, "publication")), \(number(policy.gatewayPositions.count, "gateway")), "
      + "\(number(policy.servers.count { !$0.isGateway }, "server"))"
      + (policy.reaches.isEmpty ? "" : ", \(policy.reaches.count) reached from inside")
    let state =
      errors > 0
      ? "The policy has \(number(errors, "error")): nothing was played."
      : fails
        ? "A session that the policy permits does not work, or nobody can tell."
        : kindOfPublication.contains(nil) || outbound.contains { $0.table == nil }
          ? "Every session that was played works as the policy says; some were not played."
          : !tables.contains(where: \.permitsAny)
            ? "The policy permits no session."
            : tables.contains(where: \.isConditional)
              ? "Every session that the policy permits works, some under a condition that stands with them."
              : "Every session that the policy permits works."
    return "\(size). \(state)" + (warnings > 0 ? " \(number(warnings, "warning"))." : "")
  }

  private func count(_ severity: Severity) -> Int { compilation.diagnostics.count { $0.severity == severity } }

  // MARK: - Publications

  /// Publications up to which one table holds all.
  private static let few = 60

  private var publicationTables: String {
    guard !policy.publications.isEmpty else { return "<p>The policy publishes nothing.</p>\n" }
    let positions = policy.publications.indices
    guard positions.count > Self.few else { return table(of: Array(positions), "all publications") }
    let groups = Dictionary(grouping: positions) { policy.publications[$0].gateway ?? -1 }
    return groups.sorted { $0.key < $1.key }.map { gateway, positions in
      let name = escapedForXML(gatewayName(gateway < 0 ? nil : gateway))
      let failing = positions.contains { kind($0)?.table.fails ?? true }
      return """
        <details\(groups.count == 1 || failing ? " open" : "")>
        <summary>\(name): \(positions.count) publications</summary>
        \(table(of: positions, name))</details>

        """
    }.joined()
  }

  private func table(of positions: [Int], _ caption: String) -> String {
    let heads = ["name", "sessions", "clients dial", "passive range", "TLS", "through", "server", "clients"]
    return wide(caption, heads, positions.map(row))
  }

  private func row(_ position: Int) -> String {
    let publication = policy.publications[position]
    let name = escapedForXML(publication.name.value)
    let port = publication.controlPort.value.external
    let dialled = publication.externalAddresses.map { "\($0)" }.joined(separator: ", ")
    let gateways = path(of: publication).map { gateway in
      let name = escapedForXML(gatewayName(gateway))
      return "<a href=\"#g-\(name)\">\(name)</a>"
    }
    let server = policy.server(of: publication).map { escapedForXML($0.name.value) } ?? "?"
    let cells = [
      "\(dialled) port \(port)", publication.passiveRange.map { "\($0.value)" } ?? "", publication.tls.value.rawValue,
    ]
    let clients = escapedForXML(words(publication.allow, none: "any") + denied(publication.deny))
    let link = hasServerTable ? "<a href=\"#s-\(server)\">\(server)</a>" : server
    return "<tr id=\"p-\(name)\"><th scope=\"row\">\(name)</th>\(sessionCell(kind(position)))"
      + cells.map { "<td>\(escapedForXML($0))</td>" }.joined()
      + "<td>\(gateways.isEmpty ? "this machine" : gateways.joined(separator: ", "))</td><td>\(link)</td>"
      + "<td>\(clients)</td></tr>\n"
  }

  private func sessionCell(_ kind: Kind?) -> String {
    guard let kind else { return "<td class=\"open\">not played</td>" }
    let (text, outcome) = kind.table.summary
    return "<td class=\"\(outcome.rawValue)\"><a href=\"#k\(kind.number)\">\(text)</a></td>"
  }

  private func words(_ terms: [ClientTerm], none: String) -> String {
    guard !terms.isEmpty else { return none }
    let shown = terms.prefix(4).map(policy.text(of:))
    return shown.joined(separator: ", ") + (terms.count > 4 ? " and \(terms.count - 4) more" : "")
  }

  private func denied(_ terms: [ClientTerm]) -> String {
    terms.isEmpty ? "" : ", but not \(words(terms, none: ""))"
  }

  // MARK: - Users

  private var reachTable: String {
    guard !outbound.isEmpty else { return "" }
    let rows = outbound.map { entry -> String in
      let reach = entry.reach
      let name = escapedForXML(reach.name.value)
      let target =
        reach.publication.flatMap { position in
          policy.publications.indices.contains(position.value) ? policy.publications[position.value].name.value : nil
        }.map { "<a href=\"#p-\(escapedForXML($0))\">\(escapedForXML($0))</a>" }
        ?? escapedForXML(reach.servers.map { "\($0.value)" }.joined(separator: ", "))
      let summary = entry.table?.summary
      let sessions =
        summary.map { "<td class=\"\($0.outcome.rawValue)\">\($0.text)</td>" } ?? "<td class=\"open\">not played</td>"
      return "<tr id=\"r-\(name)\"><th scope=\"row\">\(name)</th>\(sessions)<td>\(target)</td>"
        + "<td>\(escapedForXML(gatewayName(reach.gateway)))</td>"
        + "<td>\(escapedForXML(words(reach.allow, none: "any") + denied(reach.deny)))</td></tr>\n"
    }
    return wide("servers outside", ["name", "sessions", "server", "through", "users"], rows)
  }

  // MARK: - Sessions

  private var kindTables: String {
    kinds.map { kind in
      let name = escapedForXML(kind.table.publication)
      let others = kind.count == 1 ? "" : " and \(kind.count - 1) of its kind"
      return """
        <details id="k\(kind.number)"\(kind.table.fails ? " open" : "")>
        <summary><a href="#p-\(name)">\(name)</a>\(others): \(kind.table.summary.text)</summary>
        \(kind.table.html(level: 3))</details>

        """
    }.joined()
      + outbound.compactMap(\.table).map { table in
        let name = escapedForXML(table.publication)
        return """
          <details\(table.fails ? " open" : "")>
          <summary><a href="#r-\(name)">\(name)</a>: \(table.summary.text)</summary>
          \(table.html(level: 3))</details>

          """
      }.joined()
  }
}

extension PolicyReport {
  func gatewayName(_ gateway: Int?) -> String { policy.gateway(at: gateway)?.name.value ?? "this machine" }

  /// A table that may be wider than the screen.
  func wide(_ caption: String, _ heads: [String], _ rows: [String]) -> String {
    let columns = heads.map { "<th scope=\"col\">\($0)</th>" }.joined()
    return """
      <div class="wide" role="region" tabindex="0" aria-label="\(escapedForXML(caption))">
      <table>
      <thead><tr>\(columns)</tr></thead>
      <tbody>
      \(rows.joined())</tbody>
      </table>
      </div>

      """
  }
}

/// Where the page speaks of a gateway, as what stands after `#` in links.
func gatewayLink(_ name: String) -> String { "g-" + name.replacing(" ", with: "-") }
