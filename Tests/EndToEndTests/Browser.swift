import Foundation
import TestSupport

/// A headless Chromium, driven through chromedriver by the WebDriver protocol (https://www.w3.org/TR/webdriver2/).
struct Browser {
    private let base: String
    private let session: String

    static func with(_ body: (Browser) async throws -> Void) async throws {
        let port = Int.random(in: 30_000..<32_000)
        let driver = Process()
        driver.executableURL = URL(fileURLWithPath: "/usr/bin/chromedriver")
        driver.arguments = ["--port=\(port)", "--silent"]
        driver.standardOutput = FileHandle.nullDevice
        driver.standardError = FileHandle.nullDevice
        try driver.run()
        defer { driver.terminate() }
        let base = "http://127.0.0.1:\(port)"
        let capabilities: [String: Any] = [
            "capabilities": [
                "alwaysMatch": [
                    "goog:chromeOptions": [
                        "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
                    ]
                ]
            ]
        ]
        let body64 = try JSONSerialization.data(withJSONObject: capabilities)
        let id = try await eventually("a browser session") { () -> String? in
            let answer = try await request("POST", base + "/session", body64)
            return (answer["value"] as? [String: Any])?["sessionId"] as? String
        }
        let browser = Browser(base: base, session: id)
        do {
            try await body(browser)
        } catch {
            _ = try? await request("DELETE", "\(base)/session/\(id)", nil)
            throw error
        }
        _ = try? await request("DELETE", "\(base)/session/\(id)", nil)
    }

    func open(_ url: String) async throws { _ = try await post("url", ["url": url]) }
    func source() async throws -> String { try await get("source") as? String ?? "" }
    func screenshot() async throws -> Data {
        Data(base64Encoded: try await get("screenshot") as? String ?? "") ?? Data()
    }
    func type(_ text: String, into selector: String) async throws {
        let element = try await find(selector)
        _ = try await post("element/\(element)/clear", [:])
        _ = try await post("element/\(element)/value", ["text": text])
    }
    func click(_ selector: String) async throws { _ = try await post("element/\(try await find(selector))/click", [:]) }

    private func find(_ selector: String) async throws -> String {
        let value = try await post("element", ["using": "css selector", "value": selector])
        guard let element = (value as? [String: Any])?.values.first as? String else {
            throw ShellError(description: "no \(selector) in \(try await source().prefix(2000))")
        }
        return element
    }

    private func post(_ path: String, _ body: [String: Any]) async throws -> Any? {
        let data = try JSONSerialization.data(withJSONObject: body)
        return try await Browser.request("POST", "\(base)/session/\(session)/\(path)", data)["value"]
    }

    private func get(_ path: String) async throws -> Any? {
        try await Browser.request("GET", "\(base)/session/\(session)/\(path)", nil)["value"]
    }

    /// Through curl: FoundationNetworking would be one more library for a few requests to loopback.
    private static func request(_ method: String, _ url: String, _ body: Data?) async throws -> [String: Any] {
        var words = ["curl", "-s", "-m", "60", "-X", method, url, "-H", "Content-Type: application/json"]
        if let body { words += ["-d", String(decoding: body, as: UTF8.self)] }
        let answer = try await Shell.run(words)
        return try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any] ?? [:]
    }
}
