import EtcdClient
import HTTPTransport
public import Model
import PatroniAPI

extension LiveWorld {
    /// What part of a cluster has metrics of its own, in Prometheus' text format.
    public enum MetricSource: Sendable, Hashable {
        /// A node's Patroni.
        case patroni(NodeName)
        /// An etcd member.
        case etcd(ContainerName)
    }

    /// The part's own metrics as they are. The controller passes them on, because it has the certificates that these servers ask
    /// for; nil where there is no such part, or where it does not run.
    public func metrics(of source: MetricSource, in cluster: Cluster, on engine: EngineView) async throws -> [UInt8]? {
        let addresses = Addresses(engine: engine, cluster: cluster)
        let deadline = Duration.seconds(3)
        switch source {
        case .patroni(let node):
            guard let entry = addresses.nodes.first(where: { $0.node == node }), let host = entry.host else {
                return nil
            }
            let clients = await patroniClients(of: node, at: host, entry.features)
            let (client, _) = try await LiveWorld.firstAnswer(of: clients, deadline: deadline)
            return try await client.metrics(deadline: deadline)
        case .etcd(let member):
            guard let address = addresses.etcd.first(where: { $0.container == member }),
                let endpoint = await endpoints(of: [address]).first?.endpoint
            else { return nil }
            return try await EtcdClient.metrics(of: endpoint, deadline: deadline)
        }
    }
}
