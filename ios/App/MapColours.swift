import SwiftUI

/// What the map is painted with. At night nothing is bright but the way, the scene and what is closed.
struct MapColours {
    let land, edge, street, main, motorway, ferry, name, halo, route, routeEdge, scene, closed, closedEdge, team, cannotGo: Color

    static func of(_ scheme: ColorScheme) -> MapColours { scheme == .dark ? night : light }

    private static func rgb(_ hex: UInt32) -> Color {
        Color(red: Double(hex >> 16 & 255) / 255, green: Double(hex >> 8 & 255) / 255, blue: Double(hex & 255) / 255)
    }

    private static let light = MapColours(
        land: rgb(0xE7E4DB), edge: rgb(0xBDB9AE), street: rgb(0xFFFFFF), main: rgb(0xFFE9A8), motorway: rgb(0xFFC978),
        ferry: rgb(0x7FA6C9), name: rgb(0x4A473F), halo: rgb(0xFDFCF9), route: rgb(0x1558C0), routeEdge: rgb(0xFFFFFF), scene: rgb(0xA3124E),
        closed: rgb(0xB3261E), closedEdge: rgb(0xFFFFFF), team: rgb(0x17324D), cannotGo: rgb(0x75736C))
    private static let night = MapColours(
        land: rgb(0x11151B), edge: rgb(0x0A0D11), street: rgb(0x36404B), main: rgb(0x505C6A), motorway: rgb(0x5A5446),
        ferry: rgb(0x2F4A63), name: rgb(0x9AA4B0), halo: rgb(0x11151B), route: rgb(0x6FA8FF), routeEdge: rgb(0x0B1E3A), scene: rgb(0xFF7FAF),
        closed: rgb(0xFF8A7F), closedEdge: rgb(0x3A0B08), team: rgb(0xCFE0F2), cannotGo: rgb(0x7D8792))
}
