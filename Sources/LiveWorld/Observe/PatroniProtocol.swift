import HTTPTransport
import Model
import PatroniAPI

/// By which protocol a node's Patroni is asked. In a cluster of an older build nodes change over to TLS when they read their
/// files again, so for a moment a node may speak either.
extension LiveWorld {
    /// The clients by which a node may be asked, the likelier one first. It is asked without TLS only while the record does not
    /// ask for TLS, where its image does not know TLS, or while the node itself says in etcd that it does not take TLS.
    func patroniClients(
        of node: NodeName, at host: String, _ features: Set<ImageFeature>
    ) async -> [PatroniClient] {
        let credentials = PatroniCredentials(
            user: "controller", password: (try? await secrets.value("patroni-rest")) ?? "")
        // a controller that has lost its own certificate and the authority's key is known by what it read back from the node
        var identity = try? await secrets.value(Principal.controller.secret)
        if identity == nil { identity = try? await secrets.value(Principal.node(node).secret) }
        let tls = TLSConfiguration(
            authorities: (try? await secrets.value(.authorities)) ?? "", identity: identity, serverName: node.text)
        let secured = await connections.patroni(at: .tcp(host: host, port: 8008, tls: tls), credentials)
        let isRequired =
            features.contains(.patroniTLS) && LocalConfigurationFile(beside: secrets).read().value?.patroniTLS == true
        let isPlain = await latest.plainNodes.contains(node)
        guard isPlain || !isRequired else { return [secured] }
        return [await connections.patroni(at: .tcp(host: host, port: 8008), credentials), secured]
    }

    /// What a node says of itself by the first of these clients whose protocol it speaks, and that client.
    static func firstAnswer(
        of clients: [PatroniClient], deadline: Duration
    ) async throws(PatroniError) -> (PatroniClient, PatroniStatus) {
        for client in clients.dropLast() {
            do throws(PatroniError) {
                return (client, try await client.status(deadline: deadline))
            } catch {
                guard error.isOfAnotherProtocol else { throw error }
            }
        }
        guard let last = clients.last else {
            throw PatroniError(.unavailable, target: "patroni", message: "there is no way to ask it")
        }
        return (last, try await last.status(deadline: deadline))
    }
}

extension PatroniError {
    /// Whether it may come of asking without TLS a server that takes TLS, or the other way round.
    var isOfAnotherProtocol: Bool { [.tls, .malformed, .connectionLost].contains(code) }
}
