import CCurl
import Glibc

extension HTTPError {
    /// Sorts libcurl's result and the system's errno into a code.
    /// - Parameters:
    ///   - result: what `CURLMSG_DONE` carried.
    ///   - errno: `CURLINFO_OS_ERRNO`; 0 where no system call failed.
    ///   - message: `CURLOPT_ERRORBUFFER`, empty if libcurl had nothing to add.
    static func classify(
        _ result: CURLcode, errno: Int, message: String, endpoint: HTTPEndpoint, target: String
    ) -> HTTPError {
        var said = message.isEmpty ? String(cString: curl_easy_strerror(result)) : message
        // For a unix socket libcurl blames the host and port of the URL, which stand for nothing.
        if case .unix = endpoint, result == CURLE_COULDNT_CONNECT, errno != 0 {
            said = "connect: \(String(cString: strerror(Int32(truncatingIfNeeded: errno))))"
        }
        let code: Code =
            switch result {
            case CURLE_COULDNT_CONNECT: connectCode(errno: Int32(truncatingIfNeeded: errno), endpoint: endpoint)
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .nameNotResolved
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_ABORTED_BY_CALLBACK: .cancelled
            case CURLE_FILESIZE_EXCEEDED: .tooLarge
            case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR,
                CURLE_HTTP_RETURNED_ERROR:
                .malformed
            case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND:
                .connectionLost
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ENGINE_INITFAILED,
                CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
                .tls
            case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION: .invalidRequest
            case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT: .internalFailure
            default: .couldNotConnect
            }
        return HTTPError(code, target: target, detail: said)
    }

    /// `connect(2)` says ECONNREFUSED for a path that is no socket, too; only `stat` tells them apart.
    package static func connectCode(errno: Int32, endpoint: HTTPEndpoint) -> Code {
        switch (errno, endpoint) {
        case (ENOENT, .unix), (ENOTDIR, .unix): .notFound
        case (EACCES, .unix), (EPERM, .unix): .permissionDenied
        case (ENOTSOCK, .unix): .notASocket
        case (ECONNREFUSED, .unix(let path)): isSocket(path) ? .refused : .notASocket
        case (ECONNREFUSED, .tcp): .refused
        default: .couldNotConnect
        }
    }

    private static func isSocket(_ path: String) -> Bool {
        var found = stat()
        guard stat(path, &found) == 0 else { return true }
        return found.st_mode & S_IFMT == S_IFSOCK
    }
}
