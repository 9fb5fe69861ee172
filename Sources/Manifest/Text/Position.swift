/// A place in a file; lines and columns count from 1, columns in Unicode scalars.
public struct Position: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The line, from 1.
    public var line: Int
    /// The column, from 1.
    public var column: Int
    /// Joins line and column.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
    /// Orders as the text is read.
    public static func < (left: Position, right: Position) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
    /// `line:column`, as compilers print it.
    public var description: String { "\(line):\(column)" }

    static let start = Position(line: 1, column: 1)
}
