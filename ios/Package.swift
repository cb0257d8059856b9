// swift-tools-version: 6.0
import Foundation
import PackageDescription

// On Linux the Rust library is found in ANYDOOR_LIB_DIR; on a Mac the app links it.
#if os(Linux)
let folder = ProcessInfo.processInfo.environment["ANYDOOR_LIB_DIR"] ?? "../target/debug"
let link: [LinkerSetting] = [
    .unsafeFlags(["-L\(folder)", "-Xlinker", "-rpath", "-Xlinker", folder, "-Xlinker", "--allow-shlib-undefined"])
]
#else
let link: [LinkerSetting] = []
#endif

// Sources/AnydoorCore and Sources/anydoorFFI are generated from the core by ./generate and not kept here.
let package = Package(
    name: "Anydoor",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [
        .library(name: "AnydoorCore", targets: ["AnydoorCore"]),
        .library(name: "AnydoorModel", targets: ["AnydoorModel"]),
    ],
    targets: [
        .systemLibrary(name: "anydoorFFI", path: "Sources/anydoorFFI"),
        .target(name: "AnydoorCore", dependencies: ["anydoorFFI"], linkerSettings: link),
        .target(name: "AnydoorModel", dependencies: ["AnydoorCore"]),
        .testTarget(name: "AnydoorModelTests", dependencies: ["AnydoorModel"], linkerSettings: link),
    ]
)
