import EtcdClient
import HTTPTransport
import Model
import PatroniAPI
import PostgresClient

/// Open clients and sessions, and what a costly comparison of a password said.
actor ConnectionCache {
    private var store: EtcdClient?
    private var patroni = Cache<String, PatroniClient>()
    private var sessions = Cache<String, PostgresConnection>()
    private var verified = Cache<[String], Bool>(capacity: 256)

    /// The etcd client of these members, made where an address, a certificate or the password has changed.
    func store(_ configuration: EtcdConfiguration) -> EtcdClient {
        if let store, store.configuration.endpoints == configuration.endpoints,
            store.configuration.credentials == configuration.credentials
        {
            return store
        }
        let client = EtcdClient(configuration, following: store)
        store = client
        return client
    }

    var knownStore: EtcdClient? { store }

    /// The client of a node's Patroni, made where a certificate or the password has changed.
    func patroni(at endpoint: HTTPEndpoint, _ credentials: PatroniCredentials) -> PatroniClient {
        let key = "\(endpoint)"
        if let known = patroni[key], known.endpoint == endpoint, known.credentials == credentials { return known }
        let client = PatroniClient(endpoint: endpoint, credentials: credentials)
        patroni.keep(client, for: key)
        return client
    }

    /// A session with PostgreSQL or with a pooler's console.
    func session(_ key: String) -> PostgresConnection? { sessions[key] }
    func keep(_ connection: PostgresConnection, as key: String) { sessions.keep(connection, for: key) }

    /// Forgets this session, and none that has taken its place.
    func drop(_ connection: PostgresConnection) { sessions.forgetAll { $0 === connection } }

    /// Whether a stored verifier belongs to a password; computed once for each pair.
    func matches(_ verifier: String, version: String, password: String) -> Bool {
        let pair = [verifier, version]
        if let known = verified[pair] { return known }
        let matches = ScramVerifier(verifier)?.matches(password) ?? false
        verified.keep(matches, for: pair)
        return matches
    }
}
