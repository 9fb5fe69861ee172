extension KeyedDecodingContainer {
    /// The value, or a fallback where Docker writes `null` or leaves the field out: it does both for empty lists.
    func value<Value: Decodable>(_ key: Key, or fallback: Value) throws -> Value {
        try decodeIfPresent(Value.self, forKey: key) ?? fallback
    }
}
