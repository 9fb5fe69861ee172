import Glibc

/// Other programs of this machine.
enum Program {
    /// Whether the published ports of the engine are ports of this machine.
    static var isLocalEngine: Bool { Defaults.environment("DOCKER_HOST")?.hasPrefix("unix://") ?? true }

    static func isInstalled(_ name: String) -> Bool {
        (Defaults.environment("PATH") ?? "").split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    /// Becomes another program: terminal, signals and exit status are that program's own.
    /// - Parameter files: texts that it finds in files which a variable names. They lie in memory with mode 0600, have no name,
    ///   and go away with the program.
    /// - Throws: exit code 1 where it cannot be started.
    static func become(_ command: [String], files: [String: String] = [:]) throws(Failure) -> Never {
        for (variable, text) in files {
            // mkstemp(3) makes it with mode 0600; /dev/shm is memory
            var path = Array("/dev/shm/controller-XXXXXX".utf8CString)
            let file = mkstemp(&path)
            let bytes = Array(text.utf8)
            guard file >= 0, unlink(path) == 0, Glibc.write(file, bytes, bytes.count) == bytes.count else {
                throw Failure("a file in /dev/shm: \(String(cString: strerror(errno)))")
            }
            setenv(variable, "/proc/self/fd/\(file)", 1)
        }
        // they would come before what is meant here
        for name in ["PGPASSWORD", "PGHOSTADDR", "PGSERVICE"] { unsetenv(name) }
        // as the program's own engine client does, whatever context is chosen
        if Defaults.environment("DOCKER_HOST") == nil { setenv("DOCKER_CONTEXT", "default", 1) }
        // threads of this program keep signals away that the other one wants
        signal(SIGPIPE, SIG_DFL)
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        arguments.append(nil)
        execvp(command.first ?? "", arguments)
        throw Failure("\(command.first ?? ""): \(String(cString: strerror(errno)))")
    }
}
