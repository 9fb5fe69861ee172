// swift-tools-version: 6.2
import PackageDescription

// The drawing of docs/architecture.md: a target may import what it lists here and nothing else
// (`--explicit-target-dependency-import-check error` in the Makefile holds it to that).

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// Tests are compiled without optimization: it takes more time than it saves them.
let unoptimized: [SwiftSetting] = [.unsafeFlags(["-Onone"])]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings + unoptimized)
}

let package = Package(
    name: "controller",
    products: [.executable(name: "controller", targets: ["Controller"])],
    dependencies: [
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // 0 system libraries
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        // 1 transport
        library("HTTPTransport", ["CCurl"]),
        library(
            "HTTPServer",
            [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        // 2 typed clients; they know no cluster
        library("DockerAPI", ["HTTPTransport"]),
        library("EtcdClient", ["HTTPTransport"]),
        library("PatroniAPI", ["HTTPTransport"]),
        library("PostgresClient", ["CPostgres"]),
        // 3 values
        library("Model", [.product(name: "Crypto", package: "swift-crypto")]),
        // the page, the alert rules and the dashboard as they are in the program
        .target(
            name: "EmbeddedFiles", resources: [.embedInCode("Page"), .embedInCode("Monitoring")],
            swiftSettings: settings),
        // 4 YAML to Cluster
        library("Manifest", ["Model", "Yams"]),
        // 5 pure planners
        library("Reconcilers", ["Model", "EmbeddedFiles"]),
        // 6 the loop, and the two worlds it runs against
        library("Supervisor", ["Reconcilers", "Model"]),
        library("Simulation", ["Supervisor", "Model"]),
        library(
            "LiveWorld",
            [
                "Model", "DockerAPI", "EtcdClient", "PatroniAPI", "PostgresClient", "HTTPTransport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ]),
        // what a pass saw as metrics, and the rules and dashboards for them
        library("Monitoring", ["Supervisor", "Reconcilers", "Model"]),
        // 7 the program
        .executableTarget(
            name: "Controller",
            dependencies: [
                "Model", "Manifest", "Reconcilers", "Supervisor", "LiveWorld", "Simulation", "Monitoring",
                "EmbeddedFiles",
                "DockerAPI", "EtcdClient", "PatroniAPI", "PostgresClient", "HTTPTransport", "HTTPServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        // tests, by target
        tests("HTTPTransportTests", ["HTTPTransport", "TestSupport"]),
        tests("HTTPServerTests", ["HTTPServer", "HTTPTransport"]),
        tests("MonitoringTests", ["Monitoring", "Supervisor", "Reconcilers", "Model", "PlanningFixtures"]),
        tests("DockerAPITests", ["DockerAPI", "HTTPTransport", "TestSupport"]),
        // against real engines: CONTROLLER_TEST_ENGINES
        tests("DockerContractTests", ["DockerAPI", "HTTPTransport"]),
        // a healthy cluster as a value, for the tests of planners and guards
        .target(
            name: "PlanningFixtures", dependencies: ["Reconcilers", "Model"], path: "Tests/PlanningFixtures",
            swiftSettings: settings),
        tests("ModelTests", ["Model", "TestSupport"]),
        tests(
            "ControllerTests",
            [
                "Controller", "Supervisor", "Reconcilers", "LiveWorld", "Model", "Monitoring", "HTTPServer",
                "PlanningFixtures",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        tests(
            "LiveWorldTests",
            [
                "LiveWorld", "Reconcilers", "DockerAPI", "EtcdClient", "PostgresClient", "Model", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ]),
        tests("ReconcilersTests", ["Reconcilers", "Model", "PlanningFixtures", "TestSupport"]),
        tests("SupervisorTests", ["Supervisor", "Reconcilers", "Model", "PlanningFixtures"]),
        tests("SimulationTests", ["Simulation", "Reconcilers", "Model"]),
        // the model held to real engines and a real etcd: the same scripts in both
        tests(
            "ModelContractTests",
            [
                "Simulation", "LiveWorld", "Reconcilers", "DockerAPI", "EtcdClient", "HTTPTransport", "PatroniAPI",
                "Model", "TestSupport",
            ]),
        // the simulation by the thousand: `make sim SEEDS=10000`
        .executableTarget(
            name: "simulate", dependencies: ["Simulation", "Model"], path: "Tests/Simulate",
            swiftSettings: settings),
        // tests of the clients; the contract tests run real servers in Docker
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        tests("PostgresClientTests", ["PostgresClient"]),
        tests(
            "PostgresContractTests",
            ["LiveWorld", "Reconcilers", "PostgresClient", "Model", "PlanningFixtures", "TestSupport"]),
        tests("EtcdClientTests", ["EtcdClient", "HTTPTransport"]),
        tests("EtcdContractTests", ["EtcdClient", "HTTPTransport", "TestSupport"]),
        tests("PatroniAPITests", ["PatroniAPI", "HTTPTransport"]),
        // the whole program on a real engine, each test in a cluster of its own
        tests("EndToEndTests", ["TestSupport", "PostgresClient"]),
        tests("PatroniContractTests", ["PatroniAPI", "HTTPTransport", "PostgresClient", "TestSupport"]),
        tests("ManifestTests", ["Manifest", "Model"]),
    ],
    swiftLanguageModes: [.v6]
)
