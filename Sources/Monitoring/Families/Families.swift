public import Model

/// The metrics that are made of a pass, without a question to PostgreSQL.
public enum Families {
    /// All of them.
    public static func of(_ snapshot: ClusterSnapshot) -> [MetricFamily] {
        ControllerFamilies.families(snapshot) + NodeFamilies.families(snapshot) + BackupFamilies.families(snapshot)
    }
}
