/// A parameter bound to `$1`, `$2`, …; sent as text, its type inferred by the server.
public struct PostgresValue: Sendable, Hashable {
    /// The text form; nil is SQL's NULL.
    public let text: String?

    /// NULL.
    public static let null = PostgresValue(text: nil)

    private init(text: String?) { self.text = text }
    /// A string of any type that the server can read, or NULL.
    public init(_ value: String?) { text = value }
    /// An integer, or NULL.
    public init(_ value: (some BinaryInteger)?) { text = value.map { "\($0)" } }
    /// A truth value, or NULL.
    public init(_ value: Bool?) { text = value.map { $0 ? "true" : "false" } }
    /// A floating-point number, or NULL.
    public init(_ value: Double?) {
        text = value.map { $0.isInfinite ? ($0 < 0 ? "-Infinity" : "Infinity") : $0.isNaN ? "NaN" : "\($0)" }
    }
    /// Bytes for a `bytea`, in hex form.
    public init(bytes: [UInt8]) {
        let digits = Array("0123456789abcdef")
        text = "\\x" + String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
    /// A one-dimensional array of texts, such as `text[]` or `name[]`.
    public init(array: [String]) {
        let quoted = array.map { element -> String in
            // scalars, because the server knows no Swift character: a letter may take a quote into its own
            var text = String.UnicodeScalarView()
            for scalar in element.unicodeScalars {
                if scalar == "\"" || scalar == "\\" { text.append("\\") }
                text.append(scalar)
            }
            return "\"\(String(text))\""
        }
        text = "{" + quoted.joined(separator: ",") + "}"
    }
}

extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByNilLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self.init(value) }
    /// An integer.
    public init(integerLiteral value: Int) { self.init(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self.init(value) }
    /// A number.
    public init(floatLiteral value: Double) { self.init(value) }
    /// NULL.
    public init(nilLiteral: ()) { self.init(text: nil) }
}
