internal import Model

extension Shape<DiskSettings> {
    /// `spec.disk`.
    static let disk = section(
        [
            Rule(
                "warn", \.warn, .diskMark,
                "Below this much free space there is a warning. By default 15%, and no more than 20GiB."),
            Rule(
                "critical", \.critical, .diskMark,
                "Below this much free space the biggest cause is named. By default 10%, and no more than 10GiB."),
            Rule(
                "guard", \.makesReadOnly, .flag, "Whether new transactions are read-only below the mark readOnly."),
            Rule(
                "readOnly", \.readOnly, .diskMark,
                "With guard: below this much free space new transactions are read-only, and above one and a half times as much "
                    + "they may write again. By default 5%, and no more than 5GiB."),
        ], defaults: DiskSettings())
}

extension Shape<DiskMark?> {
    /// A share of the disk or an amount; absent means the default.
    static let diskMark = Shape(
        schema: .mapping([
            "type": .text("string"), "pattern": .text("^([1-9]|[1-8][0-9]|90)%$|^[1-9][0-9]*(KiB|MiB|GiB)$"),
        ]),
        read: { field, _ in
            let share = "a share from 1% to 90%"
            guard let text = field.scalar(expected: share) else { return nil }
            guard let amount = Amount(text), amount.unit == "%" else {
                return Shape<ByteCount>.bytes(.mebibytes(1) ... .gibibytes(1 << 20), or: share + ", or ")
                    .read(field, .mebibytes(1)).map { .some(.amount($0)) }
            }
            guard (1...90).contains(amount.number) else {
                field.reject("is out of range", expected: share)
                return nil
            }
            return .some(.share(percent: amount.number))
        },
        write: { mark in
            switch mark {
            case .share(let percent): .text("\(percent)%")
            case .amount(let amount): .text(amount.description)
            case nil: nil
            }
        })
}
