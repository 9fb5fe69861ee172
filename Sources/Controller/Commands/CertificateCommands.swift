import ArgumentParser
import FoundationEssentials
import LiveWorld
import Model

/// `controller certificates`: who proves with which certificate who it is, and until when.
struct CertificatesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificates", abstract: "List, renew and print the cluster's certificates.",
        subcommands: [CertificateList.self, CertificateRotate.self, CertificateAuthorities.self],
        defaultSubcommand: CertificateList.self)
}

/// `controller certificates list`.
struct CertificateList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the authorities and the certificates, with the day on which each ends.",
        discussion: """
            Examples:
              controller certificates
            """)

    @OptionGroup var options: ClusterOptions

    @Option(name: [.short, .long], help: "table or json.")
    var output: OutputFormat = .table

    func run() async throws {
        if try await Delegation.tookOver(options) { return }
        let session = try await Session.open(options)
        let report = CertificateReport(try await session.certificates, now: await session.world.now())
        switch output {
        case .json: Terminal.say(try Output.json(report))
        case .table: for line in report.lines { Terminal.say(line) }
        }
    }
}

/// `controller certificates rotate`.
struct CertificateRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Renew a certificate, all of them, or the authority.",
        discussion: """
            The controller renews certificates by itself when two thirds of their life are over. A rotation interrupts nothing: \
            the servers read the new files while they run, and an authority signs only when every party trusts it.

              controller certificates rotate pg-node-1
              controller certificates rotate --ca
            """)

    @OptionGroup var options: ClusterOptions

    @Argument(
        help: "The owner of the certificate, as `controller certificates` lists it; all of them when it is not said.")
    var name: String?

    @Flag(help: "Replace the authority: the next one signs all certificates again.")
    var ca = false

    func run() async throws {
        if try await Delegation.tookOver(options) { return }
        guard !(ca && name != nil) else { throw Failure(.badInput, "give a name, or --ca") }
        let session = try await Session.open(options)
        let cluster = session.source.cluster
        _ = try await session.certificates
        if ca {
            try await session.world.secrets.addAuthority(of: cluster)
            return Terminal.say(
                "the next authority is made; the controller lets it sign when every party trusts it, and `controller "
                    + "certificates` shows how far it is")
        }
        let principals = cluster.principals.filter { name == nil || $0.text == name }
        guard !principals.isEmpty else {
            throw Failure(
                .badInput,
                "there is no certificate of \(name ?? ""); there are \(cluster.principals.map(\.text).joined(separator: ", "))"
            )
        }
        for principal in principals { try await session.world.secrets.issue(principal, of: cluster) }
        Terminal.say(
            "\(principals.map(\.text).joined(separator: ", ")): signed again; the controller brings the files to where they "
                + "are used")
    }
}

/// `controller certificates ca`.
struct CertificateAuthorities: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "Print the certificates of the authorities, for `sslrootcert` of a client.",
        discussion: """
            Examples:
              controller certificates ca
            """)

    @OptionGroup var options: ClusterOptions

    func run() async throws {
        if try await Delegation.tookOver(options) { return }
        let session = try await Session.open(options)
        _ = try await session.certificates
        let secrets = session.world.secrets
        Terminal.say(try await secrets.value(.authorities) + (await secrets.ownAuthorities))
    }
}

extension Session {
    /// The cluster's authorities and certificates, where it exists.
    fileprivate var certificates: IdentityView {
        get async throws(Failure) {
            guard await world.secrets.isKept(Principal.controller.secret) else {
                throw Failure(
                    .secretsLost,
                    "\(state.secrets) has no certificates: cluster \(source.cluster.name) does not exist yet (`controller apply` "
                        + "makes it), or the files were lost")
            }
            return await world.secrets.identity
        }
    }
}

/// The certificates for a person and for a script.
struct CertificateReport: Codable {
    struct Line: Codable, Equatable {
        var name: String
        /// `authority`, or the authority's fingerprint.
        var signedBy: String
        var ends: String
        /// Whole days until then; negative where it has ended.
        var daysLeft: Int64
    }

    var authorities: [Line]
    var certificates: [Line]

    init(_ identity: IdentityView, now: Moment) {
        let now = Timestamp(now)
        func days(_ end: Timestamp) -> Int64 { (end - now).components.seconds / 86_400 }
        authorities = identity.authorities.map {
            Line(
                name: "\($0.place.rawValue) authority \($0.fingerprint)", signedBy: "itself", ends: $0.notAfter.brief,
                daysLeft: days($0.notAfter))
        }
        certificates = identity.certificates.map {
            Line(
                name: $0.principal.text, signedBy: $0.authority ?? "an authority that is not trusted",
                ends: $0.notAfter.brief, daysLeft: days($0.notAfter))
        }
        if let end = identity.own?.notAfter {
            certificates.append(
                Line(
                    name: Principal.poolerServer.text, signedBy: "spec.tls.certificateFile", ends: end.brief,
                    daysLeft: days(end)))
            certificates.sort { $0.name < $1.name }
        }
    }

    var lines: [String] {
        var table = Table(["CERTIFICATE", "SIGNED BY", "ENDS", "DAYS LEFT"])
        for line in certificates + authorities {
            table.add([line.name, line.signedBy, line.ends, String(line.daysLeft)])
        }
        return table.lines
    }
}
