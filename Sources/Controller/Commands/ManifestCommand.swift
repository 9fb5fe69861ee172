import ArgumentParser
import Manifest
import Model

/// `controller manifest`: checks a manifest, and shows it with every default.
struct ManifestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manifest", abstract: "Check a manifest, or show it with every default filled in.",
        subcommands: [Check.self, Show.self, Name.self, Published.self, Images.self])

    /// `controller manifest check`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say everything that is wrong with a manifest.")
        @Argument(help: "The manifest.") var path: String = Defaults.manifest

        func run() throws {
            let cluster = try ManifestSource.read(path)
            Terminal.say(
                "\(path): good, cluster \(cluster.name), \(cluster.nodes.count) nodes, \(cluster.etcd.members) etcd members"
            )
        }
    }

    /// `controller manifest name`, for scripts.
    struct Name: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the cluster's name.")
        @Argument(help: "The manifest.") var path: String = Defaults.manifest

        func run() throws { Terminal.say(try ManifestSource.read(path).name.text) }
    }

    /// `controller manifest images`, for scripts.
    struct Images: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the images that the cluster's containers are made from.")
        @Argument(help: "The manifest.") var path: String = Defaults.manifest

        func run() throws {
            for image in try ManifestSource.read(path).images { Terminal.say(image.text) }
        }
    }

    /// `controller manifest published`, for scripts.
    struct Published: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Print what the supervisor's container publishes for spec.monitoring, as `docker run --publish` takes it."
        )
        @Argument(help: "The manifest.") var path: String = Defaults.manifest

        func run() throws {
            let monitoring = try ManifestSource.read(path).monitoring
            if monitoring.enabled { Terminal.say(MonitoringService.published(monitoring)) }
        }
    }

    /// `controller manifest show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the manifest with every default filled in.")
        @Argument(help: "The manifest.") var path: String = Defaults.manifest

        func run() throws { Terminal.say(Manifest.yaml(of: try ManifestSource.read(path))) }
    }
}

/// `controller schema`: the manifest's JSON Schema.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the manifest's JSON Schema, for editors.")

    func run() throws { Terminal.write(Array(Manifest.jsonSchema().utf8)) }
}
