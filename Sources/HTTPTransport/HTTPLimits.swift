/// How much a server may send before the transfer is ended with `HTTPError.Code.tooLarge`.
public struct HTTPLimits: Sendable, Hashable {
    /// Bytes of body that `HTTPClient.send` collects. Streams have no such limit: they have a bounded buffer.
    public var maxBodyBytes: Int
    /// Bytes of all header lines of one response together.
    public var maxHeaderBytes: Int
    /// Header lines of one response.
    public var maxHeaderCount: Int
    /// Bytes a stream holds for a slow reader; when they are full, the socket is not read until the reader has taken
    /// half of them. One read of libcurl (16 KiB) may overshoot it.
    public var streamBufferBytes: Int

    /// Makes limits; the defaults fit a local Docker Engine and etcd.
    public init(
        maxBodyBytes: Int = 64 << 20, maxHeaderBytes: Int = 64 << 10, maxHeaderCount: Int = 256,
        streamBufferBytes: Int = 256 << 10
    ) {
        self.maxBodyBytes = maxBodyBytes
        self.maxHeaderBytes = maxHeaderBytes
        self.maxHeaderCount = maxHeaderCount
        self.streamBufferBytes = streamBufferBytes
    }
}
