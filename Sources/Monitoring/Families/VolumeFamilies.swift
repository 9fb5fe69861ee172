import Model

/// How much room the cluster's volumes have. Volumes on one file system have the same figures.
enum VolumeFamilies {
    static func families(_ input: PlanningInput) -> [MetricFamily] {
        guard let engine = input.cluster.engines.first.flatMap({ input.observation.engine($0.name).value }) else {
            return []
        }
        let disk = engine.disk.value
        let ours = engine.volumes.filter {
            $0.labels.value(of: Label.cluster) == input.cluster.name.text && $0.isOnEngineDisk
        }
        func samples(_ bytes: Int64?) -> [MetricSample] {
            guard let bytes else { return [] }
            return ours.map { volume in
                MetricSample(
                    Double(bytes),
                    [
                        MetricLabel("volume", volume.name.text),
                        MetricLabel("purpose", volume.labels.value(of: Label.component) ?? ""),
                    ])
            }
        }
        return [
            MetricFamily(
                "pg_controller_volume_free_bytes", .gauge,
                "What may still be written to the file system that a volume is on.", samples(disk?.freeBytes)),
            MetricFamily(
                "pg_controller_volume_size_bytes", .gauge, "The size of the file system that a volume is on.",
                samples(disk?.sizeBytes)),
        ]
    }
}
