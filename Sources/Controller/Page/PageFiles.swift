import EmbeddedFiles
import HTTPServer

/// The files of the page, which are part of the program.
enum PageFiles {
    private static let types = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
    ]

    /// One of them; nil for another path.
    static func file(at path: String) -> ServerResponse? {
        let name = path == "/" ? "index.html" : String(path.dropFirst())
        guard path == "/" || name != "index.html", let file = EmbeddedFiles.page.first(where: { $0.name == name }),
            let type = types[String(name.split(separator: ".").last ?? "")]
        else { return nil }
        return ServerResponse(200, headers: [("Content-Type", type)], body: .whole(file.bytes))
    }
}
