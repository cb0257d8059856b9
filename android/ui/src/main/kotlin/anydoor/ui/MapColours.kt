package anydoor.ui

import androidx.compose.material3.ColorScheme
import androidx.compose.material3.darkColorScheme
import androidx.compose.material3.lightColorScheme
import androidx.compose.ui.graphics.Color

/** What the map is painted with. At night nothing is bright but the way, the scene and what is closed. */
data class MapColours(
    val land: Color,
    val edge: Color,
    val street: Color,
    val main: Color,
    val motorway: Color,
    val ferry: Color,
    val name: Color,
    val halo: Color,
    val route: Color,
    val routeEdge: Color,
    val scene: Color,
    val closed: Color,
    val closedEdge: Color,
    val team: Color,
    val cannotGo: Color,
    val scheme: ColorScheme,
) {
    companion object {
        /** By day. */
        val light = MapColours(
            land = Color(0xFFE7E4DB),
            edge = Color(0xFFBDB9AE),
            street = Color(0xFFFFFFFF),
            main = Color(0xFFFFE9A8),
            motorway = Color(0xFFFFC978),
            ferry = Color(0xFF7FA6C9),
            name = Color(0xFF4A473F),
            halo = Color(0xFFFDFCF9),
            route = Color(0xFF1558C0),
            routeEdge = Color(0xFFFFFFFF),
            scene = Color(0xFFA3124E),
            closed = Color(0xFFB3261E),
            closedEdge = Color(0xFFFFFFFF),
            team = Color(0xFF17324D),
            cannotGo = Color(0xFF75736C),
            scheme = lightColorScheme(
                primary = Color(0xFF17324D),
                surface = Color(0xFFFCFBF8),
                background = Color(0xFFFCFBF8),
                secondaryContainer = Color(0xFFFFFFFF),
            ),
        )

        /** By night. */
        val night = MapColours(
            land = Color(0xFF11151B),
            edge = Color(0xFF0A0D11),
            street = Color(0xFF36404B),
            main = Color(0xFF505C6A),
            motorway = Color(0xFF5A5446),
            ferry = Color(0xFF2F4A63),
            name = Color(0xFF9AA4B0),
            halo = Color(0xFF11151B),
            route = Color(0xFF6FA8FF),
            routeEdge = Color(0xFF0B1E3A),
            scene = Color(0xFFFF7FAF),
            closed = Color(0xFFFF8A7F),
            closedEdge = Color(0xFF3A0B08),
            team = Color(0xFFCFE0F2),
            cannotGo = Color(0xFF7D8792),
            scheme = darkColorScheme(
                primary = Color(0xFFCFE0F2),
                surface = Color(0xFF161B22),
                background = Color(0xFF11151B),
                secondaryContainer = Color(0xFF262F3A),
                onSecondaryContainer = Color(0xFFDDE6F0),
            ),
        )
    }
}
