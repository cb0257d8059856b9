# Palabras en español (EE. UU.) para los códigos: `<conjunto>-<código>`. La regla está en practice.md.

## Doors and calls

door-911 = 911
door-988 = 988
door-agency-line = Línea de la agencia
door-on-view = El equipo, en persona

asked-by-person = La persona
asked-by-family = Familia o amistades
asked-by-provider = Proveedor de atención
asked-by-school = Escuela
asked-by-police = Policía
asked-by-ems = Emergencias médicas (EMS)
asked-by-stranger = Alguien que no conoce a la persona
asked-by-team = Nuestro equipo
asked-by-unknown = No se dijo quién pidió ayuda

channel-voice = Llamada de voz
channel-text = Mensaje de texto
channel-chat = Chat
channel-relay = Servicio de retransmisión
channel-video = Video
channel-in-person = En persona
channel-unknown = No se dijo cómo

urgency-emergent = Emergencia
urgency-urgent = Urgente
urgency-routine = De rutina

severity-highest = Muy alta
severity-high = Alta
severity-normal = Normal
severity-low = Baja
severity-lowest = Muy baja

## Facts

fact-kind-complaint = Qué está pasando
fact-kind-remark = Comentario
fact-kind-weapon = Arma
fact-kind-violence = Violencia
fact-kind-self-harm = Autolesión
fact-kind-substance = Sustancia que tomó
fact-kind-breathing = Respiración o estado de conciencia
fact-kind-injury = Lesión
fact-kind-medicine = Medicamento
fact-kind-pregnancy = Embarazo
fact-kind-dependant = Menor o dependiente
fact-kind-animal = Animal
fact-kind-access = Cómo entrar
fact-kind-caution = Precaución
fact-kind-status = Estado del incidente
fact-kind-responder = También responden
fact-kind-link = Incidente vinculado
fact-kind-callback = Número para devolver la llamada
fact-kind-wish = Qué ayuda, qué desea la persona
fact-kind-approach = Para acercarse sin daño
fact-kind-other = Otro

label-call = Dicho en la llamada
label-health = De un expediente de salud
label-part2 = De un expediente de la Parte 2 (tratamiento por uso de sustancias)
label-police = De un expediente policial
label-call-911 = De la llamada al 911
label-said-988 = Dicho al 988
label-said-team = Dicho al equipo
label-scene = Visto u oído en el lugar
label-agency = De otra agencia
label-wishes = Deseos y plan de la persona

## People and joins

role-in-crisis = En crisis
role-caller = Llamó
role-dependant = Menor o dependiente
role-bystander = Estaba presente
role-other-staff = Personal de otra agencia
role-support = Persona de apoyo
role-unmatched = Sin relacionar con nadie aquí

join-reason-person-said = Alguien dijo que son el mismo
join-reason-same-identifier = Mismo número de incidente
join-reason-eido-merge = El sistema del 911 los unió

relation-PARENT = Parte de un incidente mayor
relation-CHILD = Incidente menor dentro de este
relation-RELATED = Incidente relacionado
relation-UNLINK = Ya no está vinculado

merge-direction-REPLACING = Este incidente reemplaza al otro
merge-direction-REPLACED = El otro incidente reemplaza a este
merge-direction-SPLIT = Los dos incidentes están separados otra vez

## Triage

question-attempt-in-progress = ¿Está ocurriendo un intento de suicidio ahora?
question-ingestion = ¿La persona tomó o ingirió algo?
question-altered-consciousness = ¿La persona está somnolienta, confundida o no responde?
question-breathing = ¿La persona tiene dificultad para respirar?
question-injury = ¿Hay alguien herido?
question-violence-under-way = ¿Hay violencia en este momento?
question-weapon-in-hand = ¿Alguien tiene un arma en la mano?
question-weapon-threatened = ¿Alguien amenazó con usar un arma?
question-weapon-at-home = ¿Hay un arma en la casa?
question-threat-to-others = ¿Se amenazó a otra persona?
question-severe-ideation = ¿Hay pensamientos fuertes de suicidio?
question-plan = ¿Hay un plan?
question-means = ¿Tiene los medios a la mano?
question-child-at-risk = ¿Hay un menor en riesgo?

answer-yes = Sí
answer-no = No
answer-unknown = No se sabe

local-rule-hold = Quién puede retener
local-rule-transport = Quién puede trasladar
local-rule-minors-consent = Cuándo consiente un menor
local-rule-response = Quién acude con quién
local-rule-emergency-line = El número de emergencias
medical-ems-now = Emergencias médicas (EMS) ahora
medical-not-medical = Todas las preguntas médicas se contestaron que no
medical-not-known = Aún no se sabe si es médico

goes-crisis-team = Equipo de crisis
goes-ems = Emergencias médicas (EMS)
goes-joint = Equipo de crisis junto con la policía
goes-police-first = Primero la policía; el equipo de crisis cuando sea seguro

besides-counsellor-stays = El consejero sigue en la línea hasta que alguien esté con la persona
besides-tell-crew-of-weapon = Avisar al equipo sobre el arma
besides-youth-team = Equipo para menores y jóvenes
besides-child-report = Reporte de protección de menores, como pide la ley
besides-lead-decides = El líder decide si alguien más acompaña

## The team's work

stamp-kind-dispatched = Despachado
stamp-kind-acknowledged = Recibido
stamp-kind-en-route = En camino
stamp-kind-staging = En espera cerca
stamp-kind-on-scene = En el lugar
stamp-kind-contact = Con la persona
stamp-kind-left-scene = Salió del lugar
stamp-kind-at-destination = En el destino
stamp-kind-care-transferred = Atención entregada
stamp-kind-clear = Libre
stamp-kind-cancelled = Cancelado

capture-tap = Tocado en la pantalla
capture-geofence = Por ubicación
capture-cad = Por CAD
capture-filled-in = Anotado después

state-offered = Ofrecido
state-dispatched = { stamp-kind-dispatched }
state-acknowledged = { stamp-kind-acknowledged }
state-en-route = { stamp-kind-en-route }
state-staging = { stamp-kind-staging }
state-on-scene = { stamp-kind-on-scene }
state-contact = { stamp-kind-contact }
state-left-scene = { stamp-kind-left-scene }
state-at-destination = { stamp-kind-at-destination }
state-care-transferred = { stamp-kind-care-transferred }
state-cancelled = { stamp-kind-cancelled }
state-clear = { stamp-kind-clear }

unit-status-Dispatched = { stamp-kind-dispatched }
unit-status-AcknowledgedTransmission = { stamp-kind-acknowledged }
unit-status-EnRoute = { stamp-kind-en-route }
unit-status-Staging = { stamp-kind-staging }
unit-status-OnScene = { stamp-kind-on-scene }
unit-status-PatientContact = { stamp-kind-contact }
unit-status-Transporting = En traslado
unit-status-Arrived = { stamp-kind-at-destination }
unit-status-InService = De nuevo en servicio
unit-status-AssignmentCancelled = { stamp-kind-cancelled }

alone-reason-nobody-else = No hay otro miembro en turno
alone-reason-second-remote = El segundo miembro está por teléfono o video
alone-reason-others-there = La policía o EMS ya están con la persona
alone-reason-known-person = El equipo conoce a la persona y lo consideró seguro
alone-reason-could-not-wait = No se podía esperar

crew-role-clinician = Profesional clínico
crew-role-peer = Apoyo entre pares
crew-role-emt = Técnico en emergencias médicas (EMT)
crew-role-paramedic = Paramédico comunitario
crew-role-lead = Líder

capability-crisis = Respuesta móvil de crisis
capability-youth = Menores y jóvenes
capability-elder = Adultos mayores
capability-medical = Evaluación médica
capability-transport = Transporte

## Closing

whereabouts-stayed = Se quedó donde la encontramos o en casa
whereabouts-with-family = Con familia o amistades
whereabouts-crisis-centre = Centro de crisis o unidad de estabilización
whereabouts-emergency-department = Sala de emergencias
whereabouts-shelter = Albergue
whereabouts-psychiatric-hospital = Hospital psiquiátrico
whereabouts-jail = Cárcel
whereabouts-unknown = Se fue; nadie sabe a dónde

travel-none = No se trasladó
travel-on-own = Por su cuenta
travel-with-family = Con familia o amistades
travel-with-team = Con nuestro equipo
travel-ambulance = En ambulancia
travel-with-police = Con la policía

legal-voluntary = Voluntario
legal-held = Retención legal
legal-custody = Bajo custodia policial

how-closed-stabilised = Situación estabilizada en el lugar
how-closed-referred = Con referencia a otro servicio
how-closed-declined = La persona no quiso el servicio
how-closed-no-contact = No se logró contacto con la persona
how-closed-team-withdrew = El equipo se retiró por seguridad
how-closed-died = La persona murió
how-closed-passed-to-911 = Pasó al 911
how-closed-passed-to-988 = Pasó al 988
how-closed-cancelled = Cancelado


no-contact-nobody-there = No había nadie
no-contact-no-answer = Nadie contestó
no-contact-unsafe-to-approach = No era seguro acercarse
no-contact-wrong-place = Lugar equivocado
no-contact-cancelled = Cancelado en el camino

next-step-try-again = Intentar otra vez
next-step-follow-up-call = Llamada de seguimiento
next-step-lead = Decide el líder
next-step-welfare-check = Verificación de bienestar por medio del 911

## Safety

need-ems = Emergencias médicas (EMS)
need-police = Policía
need-fire = Bomberos
need-crew-in-danger = Equipo en peligro

escalation-state-on-phone = En este teléfono, aún sin enviar
escalation-state-sent = Enviado; nadie ha contestado todavía
escalation-state-acknowledged = Ya lo tienen
escalation-state-cancelled = Cancelado
escalation-state-refused = El servidor no lo acepta. Llame al 911 ahora
escalation-state-rejected = Dijeron que no. Llame al 911 ahora
escalation-state-exhausted = Nadie contestó. Llame ahora

not-a-lead-not-opened = Solo un líder puede hacer esto
not-a-lead-not-named = En los datos de la agencia usted no figura como líder
not-a-lead-unknown = La agencia aún no ha dicho si usted es líder. Sincronice e intente otra vez

not-sent-sign-in = Sin enviar: inicie sesión. Llame al 911 ahora
not-sent-offline = Sin enviar: no hay red. Llame al 911 ahora
not-sent-server = Sin enviar: el servidor no lo acepta. Llame al 911 ahora

step-down-state-on-phone = En este teléfono, aún sin enviar
step-down-state-asked = Solicitado; el centro no ha contestado
step-down-state-accepted = El centro dijo que sí; la persona aún no está en la línea
step-down-state-person-on-line = La persona está en la línea
step-down-state-came-back = Regresó a usted

voice-call-dialler-opened = Se abrió el marcador
voice-call-said-called = Quien responde dice: llamé

## Handing on

handoff-state-on-phone = En este teléfono, aún sin enviar
handoff-state-requested = Enviado; el servicio no ha contestado
handoff-state-accepted = El servicio dijo que sí; aún no hay contacto con la persona
handoff-state-scheduled = El servicio tiene una cita para la persona
handoff-state-unattended = La persona no llegó
handoff-state-declined = El servicio dijo que no
handoff-state-cancelled = Cancelado
handoff-state-completed = El servicio logró contacto con la persona

basis-kind-consent-written = La persona firmó su consentimiento
basis-kind-consent-electronic = La persona dio su consentimiento electrónico
basis-kind-consent-verbal = La persona dijo que sí
basis-kind-treatment = Tratamiento
basis-kind-emergency = Emergencia
basis-kind-law = Lo exige la ley
basis-kind-crime-on-premises = Delito en el local o contra el personal
basis-kind-subpart-e = Orden judicial según la Parte 2, subparte E

wipe-reason-left-agency = La persona ya no trabaja aquí
wipe-reason-phone-handed-on = El teléfono pasa a otra persona
wipe-reason-phone-at-risk = El teléfono puede estar en otras manos
wipe-reason-ordered = La agencia lo ha ordenado

withheld-reason-no-basis = Nada permite compartir esto
withheld-reason-basis-ended = Terminó lo que permitía compartir esto
withheld-reason-part2 = Expediente de la Parte 2: requiere consentimiento que nombre a quien lo recibe, o una emergencia médica
withheld-reason-part2-police = Expediente de la Parte 2: nunca a la policía
withheld-reason-police-record = Expediente policial: solo como esa agencia lo permita
withheld-reason-health-record = Expediente de salud: no es para quien lo recibe
withheld-reason-other-person = Sobre otra persona
withheld-reason-not-needed = Más de lo que necesita quien lo recibe
withheld-reason-needs-signed = Solo lo permite una autorización firmada
withheld-reason-outside-scope = El consentimiento no cubre esto
withheld-reason-hears-only = Quien lo recibe oye y no guarda nada
withheld-reason-must-not-learn = Quien lo recibe no debe saber de la visita
withheld-reason-local-rule = Una regla del estado, de una nación tribal o de la agencia
withheld-reason-undecided = Decide una persona nombrada, y no lo ha hecho

attachment-kind-photo = Foto
attachment-kind-dictation = Dictado

attempted-reached = Contacto con la persona
attempted-reached-support = Contacto con una persona de apoyo
attempted-no-answer = No contestó
attempted-message-left = Se dejó un mensaje
attempted-wrong-details = Datos de contacto equivocados
attempted-declined = La persona no quiso
attempted-unable = No se pudo intentar

by-voice = Llamada
by-text = Mensaje de texto
by-visit = Visita

## Where an item is

truth-on-this-phone = En este teléfono
truth-sending = Enviando
truth-at-the-agency = En la agencia
truth-asked-for = Solicitado
truth-needs-you = Requiere su atención

act-create = Nuevo
act-change = Cambio
act-claim = Tomar una oferta

in-error-reason-wrong-person = Es sobre otra persona
in-error-reason-wrong-visit = Es sobre otra visita
in-error-reason-signed-by-mistake = Se firmó por error

intent-state-waiting = Aún sin enviar
intent-state-unknown = Enviado; aún sin respuesta
intent-state-asked = Solicitado
intent-state-parked = Requiere su atención

park-reason-refused = El sistema de la agencia no pudo leerlo
park-reason-not-allowed = El sistema de la agencia no permite esto
park-reason-gone = Ya no está en la agencia
park-reason-too-large = Demasiado grande para enviar
park-reason-changed-elsewhere = Alguien más también lo cambió
park-reason-taken-by-other = Lo tiene otro equipo
park-reason-server-fails = El sistema de la agencia falla cada vez con esto
park-reason-unreadable = No se puede enviar como está
park-reason-basis-ended = Lo que permitía compartir esto terminó o fue retirado
park-reason-basis-unclear = Nadie puede decir qué permite compartir esto

search-remark-filter-ignored = El servidor envió también lo que no se pidió
search-remark-refused = El servidor no permite esta búsqueda
search-remark-failed = El servidor falla en esta búsqueda
search-remark-pages-not-followed = Algunas páginas no se pudieron leer
search-remark-link-rewritten = El servidor indica otra dirección para sus páginas

work-trouble-refused = Este servidor no deja que este equipo vea su trabajo
work-trouble-pages-elsewhere = El resto del trabajo de este equipo está en una dirección que no responde

## Why a team

reason-by-road = Por carretera { $time }
reason-by-road-between = Por carretera { $time }, entre { $least } y { $most }
reason-no-way = No hay camino por carretera
reason-off-the-map = Aquí no se conoce el tiempo por carretera
reason-off-road = El lugar está a { $distance } de la carretera
reason-distance = A { $distance } en línea recta
reason-position-unknown = Ubicación desconocida
reason-position-age = Ubicación de hace { $age }
reason-meets = Cumple: { $need }
reason-lacks = Le falta: { $need }
reason-lacks-language = Nadie habla { $language }; intérprete por teléfono
reason-off-shift = Fuera de turno
reason-on-break = En descanso
reason-committed = Con alguien igual de urgente
reason-taken-from-less-urgent = Dejaría a alguien menos urgente
reason-no-agreement = Sin acuerdo para trabajar ahí
reason-lacks-must = Queda fuera, le falta: { $need }

team-need-language = habla { $language }
team-need-full-crew = dos o más en persona
team-need-known = la persona los conoce

fallback-later-team = { $name } puede ir desde { $time }
fallback-later-team-arrives = { $name } puede ir desde { $time }, llegada hacia { $arrives }
fallback-mutual-aid = { $name }, por ayuda mutua
fallback-stays-on-phone = { $name } sigue en el teléfono mientras tanto

measure-by-road = Por carretera, sin tráfico
measure-straight-line = En línea recta a 30 km/h (19 mph): no hay mapa de carreteras

not-visited-off-the-map = No hay ninguna carretera del mapa cerca
not-visited-no-way = No hay camino por carretera
not-visited-too-late = Su horario termina antes de que alguien pueda llegar
not-visited-past-the-end = La ronda terminaría demasiado tarde
not-visited-crowded-out = No cabe junto a las otras visitas

## What a person decides

card-cancelled-against-on-scene = Un teléfono dice cancelado y otro ya estaba en el lugar. ¿Cuál es correcto?
card-clear-against-cancelled = Un teléfono dice libre y otro dice cancelado. ¿Cuál es correcto?

likeness-same-callback = Mismo número para devolver la llamada
likeness-near = A { $distance }; { $apart } entre las llamadas
likeness-same-address = Misma dirección; { $apart } entre las llamadas
likeness-same-name = Mismo nombre completo
likeness-same-birth-date = Misma fecha de nacimiento

## Measures and times

distance-m = { $n } m
distance-km = { $n } km
distance-ft = { $n } pies
distance-mi = { $n } mi

duration-moment = menos de un minuto
duration-minutes = { $minutes } min
duration-hours = { $hours } h
duration-hours-minutes = { $hours } h { $minutes } min
duration-days =
    { $days ->
        [one] { $days } día
       *[other] { $days } días
    }

time = { $day } { $month } { $year }, { $hour }:{ $minute } { $half } { $zone }
time-am = a. m.
time-pm = p. m.

month-1 = ene
month-2 = feb
month-3 = mar
month-4 = abr
month-5 = may
month-6 = jun
month-7 = jul
month-8 = ago
month-9 = sep
month-10 = oct
month-11 = nov
month-12 = dic

## Languages; another is said by its tag

language-am = amárico
language-ar = árabe
language-ase = lengua de señas americana
language-en = inglés
language-es = español
language-fr = francés
language-hmn = hmong
language-ht = criollo haitiano
language-km = jemer
language-ko = coreano
language-ne = nepalí
language-pl = polaco
language-pt = portugués
language-ru = ruso
language-so = somalí
language-tl = tagalo
language-uk = ucraniano
language-vi = vietnamita
language-zh = chino

## Lo que se cuenta de una persona

about-whom-them = La persona
about-whom-scene = El lugar o lo ocurrido
about-whom-other = Otra persona

approach-need-cannot-hear = No oye
approach-need-may-not-follow-orders = Puede que no siga órdenes habladas
approach-need-may-run = Puede salir corriendo
approach-need-holds-a-toy = Lleva un juguete o un objeto inofensivo
approach-need-do-not-say-who-called = No diga quién llamó
approach-need-someone-there-is-a-danger-to-them = Alguien allí es un peligro para la persona
approach-need-children-or-dependants-there = Hay niños u otras personas a su cargo
approach-need-animal-there = Hay un animal
approach-need-oxygen-in-use = Hay oxígeno en uso
approach-need-do-not-call-back = No devuelva la llamada a este número
approach-need-no-weapons-seen = No se vieron armas

decided-by-clinician = Decide un profesional clínico
decided-by-lead = Decide la persona responsable
decided-by-both = Deciden juntos un profesional clínico y la persona responsable

demand-police-request = La policía pide expedientes
demand-subpoena = Citación judicial
demand-court-order = Orden judicial
demand-military-command = Mando militar
demand-immigration = Autoridad de inmigración
demand-probation = Libertad condicional
demand-employer = Empleador
demand-press = Prensa

field-name = Nombre
field-description = Qué aspecto tiene
field-born = Fecha de nacimiento
field-gender = Género
field-language = Idioma
field-numbers = Números de teléfono
field-addresses = Otras direcciones
field-safe-contact = Cómo contactar sin peligro
field-must-not-learn = Quién no debe saber de la visita
field-wishes = Sus deseos
field-advance-directive = Voluntades anticipadas
field-safety-plan = Plan de seguridad
field-dependants = Quién depende de la persona
field-same-as = Qué expediente es de la misma persona

given-by-person = La persona
given-by-guardian = Tutor legal
given-by-minor = La persona menor, como permite la ley aquí

ground-nothing = Nada registrado
ground-treatment = Tratamiento
ground-emergency = Emergencia
ground-spoken = Acuerdo de palabra
ground-signed = Consentimiento firmado que nombra a quien lo recibe
ground-signed-class = Consentimiento firmado para tratamiento, pago y operaciones
ground-law = Exigido por una ley nombrada
ground-crime-on-premises = Delito en el local o contra el personal
ground-subpart-e = Orden judicial según la Parte 2, subparte E

how-known-person-said = Lo dijo la persona
how-known-other-said = Lo dijo otra persona
how-known-record = De un expediente
how-known-crew-saw = El equipo lo vio u oyó
how-known-unknown = No se dijo cómo

information-danger-to-life = Peligro para la vida ahora
information-approach = Para llegar y acercarse sin daño
information-danger-to-others = Peligro para otras personas
information-rest = Todo lo demás

origin-call-911 = Llamada al 911
origin-said-988 = Dicho al 988
origin-said-team = Dicho al equipo
origin-scene = Visto u oído en el lugar
origin-health = Expediente de salud
origin-part2 = Expediente de la Parte 2
origin-police = Expediente policial
origin-agency = Otra agencia
origin-wishes = Deseos y plan de la persona

purpose-treatment = Tratamiento
purpose-treatment-payment-operations = Tratamiento, pago y operaciones
purpose-coordination = Otra ayuda
purpose-support = Apoyo de alguien cercano
purpose-report = Un informe que pide una ley

receiving-ems = Servicios médicos de emergencia
receiving-psap-police-read = 911, donde la policía puede leerlo
receiving-psap = 911, donde la policía no lo lee
receiving-police = Policía
receiving-tribal-police = Policía tribal
receiving-counsellor = Consejero del 988
receiving-treating = Servicio que da tratamiento
receiving-non-treating = Servicio que no da tratamiento
receiving-school = Escuela
receiving-supporter = Persona de apoyo
receiving-custody = Agente que traslada o custodia a la persona
receiving-jail-medical = Personal médico de una cárcel
receiving-hold-officer = Agente que ejecuta una retención
receiving-threatened = Persona amenazada
receiving-cps = Servicios de protección de menores
receiving-aps = Servicios de protección de adultos
receiving-coroner = Médico forense
receiving-family-after-death = Familia después de una muerte
receiving-interpreter = Intérprete o servicio de relevo

scope-identity = Quién es y cómo contactar
scope-situation = Qué ocurrió y qué se dijo
scope-health = Expediente de salud
scope-wishes = Sus deseos y su plan
scope-substance-use = Expediente de la Parte 2

stopped-basis-ended = Lo que lo permitía terminó o fue retirado
stopped-basis-unclear = Nadie puede decir qué lo permite

danger-weapon = Arma
danger-violence = Violencia
danger-animal = Animal
danger-gas = Gas
danger-infection = Infección
