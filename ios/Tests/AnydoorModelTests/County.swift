import AnydoorCore
import Foundation
import XCTest

@testable import AnydoorModel

/// A lead's phone on a sandbox county, with the core's own database and roads: what the tests here read is real.
@MainActor
final class County {
    private struct Ids: Decodable {
        struct Team: Decodable { let id: String, members: [String] }
        let base, agency, roads: String
        let teams: [Team]
        let middle: [Double]
    }

    let client: Anydoor
    private let sandbox = Process()
    private let ending = Pipe()
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private let key = Data(0..<32)
    private let ids: Ids

    /// The program of the sandbox is named by ANYDOOR_SANDBOX; without it these tests are skipped.
    init(openRoads: Bool = true) async throws {
        guard let program = ProcessInfo.processInfo.environment["ANYDOOR_SANDBOX"] else { throw XCTSkip("ANYDOOR_SANDBOX is not set") }
        let said = Pipe()
        sandbox.executableURL = URL(fileURLWithPath: program)
        sandbox.arguments = ["--only-server"]
        (sandbox.standardInput, sandbox.standardOutput) = (ending, said)
        try sandbox.run()
        var line = Data()
        while let byte = try said.fileHandleForReading.read(upToCount: 1), byte != Data("\n".utf8) { line += byte }
        ids = try JSONDecoder().decode(Ids.self, from: line)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let config = Config(
            folder: folder.path, server: ids.base, agency: ids.agency, member: ids.teams[0].members[0], lead: true, team: ids.teams[0].id)
        client = try Anydoor.open(config: config, workKey: key, token: nil)
        _ = try await client.sync(full: true)
        if openRoads { _ = try client.openRoads(path: ids.roads) }
    }

    /// The map of a scene so many degrees north and east of the county's middle.
    func map(_ locale: String, north: Double = 0.013, east: Double = -0.011) -> CoreMap {
        CoreMap(
            client: client, scene: SceneInput(latitude: ids.middle[0] + north, longitude: ids.middle[1] + east, accuracyM: nil),
            needs: NeedsInput(must: [], prefer: [], urgency: nil), locale: locale)
    }

    /// A line over the road between two places, as a lead draws it.
    func closeRoad(north: Double, east: Double) throws {
        let (latitude, longitude) = (ids.middle[0] + north, ids.middle[1] + east)
        _ = try client.closeRoad(points: [latitude - 0.002, longitude, latitude + 0.002, longitude], why: "bridge out", until: nil)
    }

    /// The database is closed, as it is while a phone is locked.
    func lock() throws { try client.pause() }
    func unlock() throws { try client.resume(workKey: key) }

    func stop() {
        try? ending.fileHandleForWriting.close()
        sandbox.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }
}
