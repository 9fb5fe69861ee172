/// All series of one metric, in Prometheus' data model.
public struct MetricFamily: Sendable, Hashable {
    /// What kind of number it is.
    public enum Kind: String, Sendable, Hashable {
        /// It only goes up, until its source begins anew. The name ends in `_total`.
        case counter
        /// It goes up and down.
        case gauge
        /// Either: for a name that people know and that breaks the rules for counters' names.
        case untyped
    }
    /// Its name.
    public var name: String
    /// One sentence.
    public var help: String
    /// What kind of number it is.
    public var kind: Kind
    /// The series.
    public var samples: [MetricSample]

    /// A metric with its series.
    public init(_ name: String, _ kind: Kind, _ help: String, _ samples: [MetricSample] = []) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    /// A metric with one series without labels, or with none where there is no value.
    public init(_ name: String, _ kind: Kind, _ help: String, value: Double?) {
        self.init(name, kind, help, value.map { [MetricSample($0)] } ?? [])
    }
}

/// The present value of one series.
public struct MetricSample: Sendable, Hashable {
    /// What tells it apart from the other series of its metric.
    public var labels: [MetricLabel]
    /// The value, in the unit that the metric's name says.
    public var value: Double

    /// A value.
    public init(_ value: Double, _ labels: [MetricLabel] = []) {
        self.labels = labels
        self.value = value
    }

    /// A value for one label.
    public init(_ value: Double, _ name: String, _ text: String) {
        self.init(value, [MetricLabel(name, text)])
    }
}

/// A label of a series.
public struct MetricLabel: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its text; any.
    public var value: String

    /// A label.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
