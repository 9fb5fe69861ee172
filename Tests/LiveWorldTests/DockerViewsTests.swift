import DockerAPI
import FoundationEssentials
import Model
import Testing

@testable import LiveWorld

@Suite("What the look makes of Docker's answers")
struct DockerViewsTests {
    private func container(_ state: String, _ rest: String = "") throws -> ContainerView {
        let text = """
            {"Id": "c1", "Name": "/pg-1", "Image": "sha256:1", "Created": "2026-11-29T10:00:00Z", "RestartCount": 2,
             "State": \(state),
             "Config": {"Image": "pg:18", "Labels": {"b": "2", "a": "1"}, "Env": ["X=y"], "User": "999"},
             "HostConfig": {"Memory": 536870912, "NanoCpus": 1500000000, "ShmSize": 67108864, "PidsLimit": -1,
               "CapDrop": ["all"], "CapAdd": ["KILL", "CHOWN"], "SecurityOpt": ["no-new-privileges:false"],
               "RestartPolicy": {"Name": "no"},
               "PortBindings": {"5432/tcp": [{"HostIp": "127.0.0.1", "HostPort": "15432"}]}},
             "Mounts": [{"Type": "volume", "Name": "pg-1-data", "Destination": "/var/lib/postgresql", "RW": true},
               {"Type": "bind", "Source": "/etc/x", "Destination": "/x", "RW": false}],
             "NetworkSettings": {"Networks": {"net": {"NetworkID": "n1", "IPAddress": ""}, "none": {"NetworkID": ""}}}
             \(rest)}
            """
        return ContainerView(docker: try JSONDecoder().decode(DockerContainer.self, from: Data(text.utf8)))
    }

    @Test("a volume with a device, or of another driver, is not on the engine's own disk")
    func volumes() throws {
        func isOnEngineDisk(_ rest: String) throws -> Bool {
            let text = #"{"Name": "v", "Mountpoint": "/m", \#(rest)}"#
            return VolumeView(docker: try JSONDecoder().decode(DockerVolume.self, from: Data(text.utf8))).isOnEngineDisk
        }
        #expect(try isOnEngineDisk(#""Driver": "local", "Options": null"#))
        #expect(try !isOnEngineDisk(#""Driver": "local", "Options": {"type": "nfs", "device": ":/x"}"#))
        #expect(try !isOnEngineDisk(#""Driver": "rexray""#))
    }

    @Test(
        "labels that an image brings count for nothing; those that a container's creator gave count, and foreign ones stay"
    )
    func imageLabels() {
        let cluster = "io.pg-controller.cluster"
        let component = "io.pg-controller.component"
        let seen = [cluster: "x", component: "node", "version": "1"]
        #expect(Label.given(seen, byImage: [:]) == seen)
        #expect(Label.given(seen, byImage: [cluster: "x", "version": "1"]) == [component: "node", "version": "1"])
        #expect(Label.given(seen, byImage: seen) == ["version": "1"])
        #expect(ImageFeature.named(in: [Label.features: "later patroni-tls"]) == [.patroniTLS])
        #expect(ImageFeature.named(in: [:]).isEmpty)
        // what the creator said otherwise than the image is the creator's
        #expect(Label.given(seen, byImage: [cluster: "y"]) == seen)
    }

    @Test(
        "a container lives, has ended, or is in a state that proves nothing",
        arguments: [
            (#"{"Status": "running", "Running": true, "StartedAt": "2026-11-29T10:00:01Z"}"#, "running"),
            (#"{"Status": "running", "Running": true, "Paused": true}"#, "paused"),
            (#"{"Status": "paused", "Running": true, "Paused": true}"#, "paused"),
            (#"{"Running": false, "Status": "exited", "ExitCode": 137, "OOMKilled": true}"#, "exited 137"),
            // an engine that says both is not taken for a proof of death
            (#"{"Status": "exited", "Running": true}"#, "running"),
            (#"{"Running": false, "Status": "created"}"#, "created"),
            (#"{"Running": false, "Status": "created", "Error": "no such network", "ExitCode": 128}"#, "exited 128"),
            (#"{"Running": false, "Status": "removing"}"#, "removing"),
            (#"{"Running": false, "Status": "dead"}"#, "dead"),
            (#"{"Status": "restarting", "Running": true}"#, "restarting"),
            (#"{"Running": false, "Status": "hibernating"}"#, "restarting"),
            (#"{"Status": "hibernating", "Running": true}"#, "running"),
        ])
    func states(_ state: String, _ expected: String) throws {
        let seen =
            switch try container(state).state {
            case .created: "created"
            case .running: "running"
            case .paused: "paused"
            case .restarting: "restarting"
            case .removing: "removing"
            case .dead: "dead"
            case .exited(let exit): "exited \(exit.code)"
            }
        #expect(seen == expected)
    }

    @Test("what weakens a container's isolation, in Docker's words")
    func foreignOptions() throws {
        func host(_ text: String) throws -> ContainerSettings {
            let text =
                #"{"Id": "c", "Name": "/c", "Image": "i", "Config": {}, "#
                + #""State": {"Running": false, "Status": "created"}, "HostConfig": "# + text + "}"
            return ContainerSettings(try JSONDecoder().decode(DockerContainer.self, from: Data(text.utf8)))
        }
        let ours = try host(
            #"{"NetworkMode": "net", "PidMode": "", "IpcMode": "private", "SecurityOpt": ["no-new-privileges"],"#
                + #" "Ulimits": [{"Name": "core", "Soft": 0, "Hard": 0}]}"#)
        #expect(!ours.mayDumpCore && ours.foreignOptions == [] && ours.asksOutsideForPlainNames)
        #expect(try !host(#"{"DnsOptions": ["ndots:1"], "DnsSearch": ["."]}"#).asksOutsideForPlainNames)
        #expect(try host(#"{"DnsOptions": ["ndots:1"], "DnsSearch": null}"#).asksOutsideForPlainNames)
        #expect(try host(#"{"DnsOptions": ["timeout:1"], "DnsSearch": ["."]}"#).asksOutsideForPlainNames)
        let weak = try host(
            #"{"NetworkMode": "container:x", "PidMode": "host", "IpcMode": "host", "UTSMode": "host","#
                + #" "UsernsMode": "host", "SecurityOpt": ["no-new-privileges", "seccomp=unconfined"], "GroupAdd": ["docker"],"#
                + #" "Devices": [{"PathOnHost": "/dev/sda"}], "ExtraHosts": ["etcd-1:10.0.0.9"], "Dns": ["10.0.0.8"],"#
                + #" "Ulimits": [{"Name": "core", "Soft": 0, "Hard": -1}]}"#)
        #expect(
            weak.mayDumpCore
                && weak.foreignOptions == [
                    "add-host=etcd-1:10.0.0.9", "device=/dev/sda", "dns=10.0.0.8", "group-add=docker", "ipc=host",
                    "network=container:x", "pid=host", "seccomp=unconfined", "userns=host", "uts=host",
                ])
    }

    @Test("the names that an endpoint was given, without the container's ID, which older engines add")
    func aliases() throws {
        let text =
            #"{"NetworkID": "n1", "IPAddress": "10.0.0.2", "Aliases": ["pg-1", "0123456789ab", "pg-1.internal"]}"#
        let endpoint = try JSONDecoder().decode(DockerEndpoint.self, from: Data(text.utf8))
        let seen = Attachment("net", docker: endpoint, of: "0123456789abcdef")
        #expect(seen.aliases == ["pg-1", "pg-1.internal"] && seen.address == "10.0.0.2")
    }

    @Test("limits, mounts, ports and rights in the units of the manifest")
    func settings() throws {
        let view = try container(#"{"Running": false, "Status": "created"}"#)
        #expect(view.labels.map(\.key) == ["a", "b"] && view.restartCount == 2 && view.imageID == "sha256:1")
        #expect((view.settings.memory, view.settings.milliCPUs, view.settings.pidsLimit) == (512 << 20, 1500, 0))
        #expect(view.settings.ports == [PortBinding(containerPort: 5432, hostAddress: "127.0.0.1", hostPort: 15432)])
        #expect(view.settings.mounts.map(\.volume) == ["pg-1-data"])
        #expect(view.settings.foreignMounts == ["/etc/x:/x"])
        #expect(view.settings.dropsAllCapabilities && view.settings.addedCapabilities == ["CHOWN", "KILL"])
        #expect(view.settings.mayGainPrivileges && view.settings.stopTimeoutSeconds == 10)
        #expect(view.settings.mayDumpCore && view.settings.foreignOptions == [])
        // the network that is called none is none
        #expect(view.attachments.map(\.networkName) == ["net"] && view.attachments[0].address == nil)
    }
}
