# English words for codes: `<set>-<code>`. The rule for words is practice.md, "Words on screens and in notes".

## Doors and calls

door-911 = 911
door-988 = 988
door-agency-line = Agency line
door-on-view = Team, in person

asked-by-person = The person
asked-by-family = Family or friend
asked-by-provider = Care provider
asked-by-school = School
asked-by-police = Police
asked-by-ems = EMS
asked-by-stranger = Someone who does not know the person
asked-by-team = Our team
asked-by-unknown = Not said who asked

channel-voice = Voice call
channel-text = Text message
channel-chat = Chat
channel-relay = Relay service
channel-video = Video
channel-in-person = In person
channel-unknown = Not said how

urgency-emergent = Emergent
urgency-urgent = Urgent
urgency-routine = Routine

severity-highest = Highest
severity-high = High
severity-normal = Normal
severity-low = Low
severity-lowest = Lowest

## Facts

fact-kind-complaint = What is the matter
fact-kind-remark = Remark
fact-kind-weapon = Weapon
fact-kind-violence = Violence
fact-kind-self-harm = Self-harm
fact-kind-substance = Substance taken
fact-kind-breathing = Breathing or consciousness
fact-kind-injury = Injury
fact-kind-medicine = Medicine
fact-kind-pregnancy = Pregnancy
fact-kind-dependant = Child or dependent
fact-kind-animal = Animal
fact-kind-access = How to get in
fact-kind-caution = Caution
fact-kind-status = Incident status
fact-kind-responder = Also responding
fact-kind-link = Linked incident
fact-kind-callback = Callback number
fact-kind-wish = What helps, what they want
fact-kind-approach = To approach without harm
fact-kind-other = Other

label-call = Told during the call
label-health = From a health record
label-part2 = From a Part 2 record (substance use treatment)
label-police = From a police record
label-call-911 = From the 911 call
label-said-988 = Said to 988
label-said-team = Said to the team
label-scene = Seen or heard on scene
label-agency = From another agency
label-wishes = The person's own wishes and plan

## People and joins

role-in-crisis = In crisis
role-caller = Caller
role-dependant = Child or dependent
role-bystander = Bystander
role-other-staff = Staff of another agency
role-support = Support person
role-unmatched = Not matched to anyone here

join-reason-person-said = Someone said they are the same
join-reason-same-identifier = Same incident number
join-reason-eido-merge = Merged by the 911 system

relation-PARENT = Part of a larger incident
relation-CHILD = Smaller incident within this one
relation-RELATED = Related incident
relation-UNLINK = No longer linked

merge-direction-REPLACING = This incident replaces the other
merge-direction-REPLACED = The other incident replaces this one
merge-direction-SPLIT = The two incidents are apart again

## Triage

question-attempt-in-progress = Is a suicide attempt happening now?
question-ingestion = Has the person taken something?
question-altered-consciousness = Is the person drowsy, confused or not answering?
question-breathing = Is the person having trouble breathing?
question-injury = Is anyone hurt?
question-violence-under-way = Is there violence right now?
question-weapon-in-hand = Is there a weapon in someone's hand?
question-weapon-threatened = Has anyone threatened to use a weapon?
question-weapon-at-home = Is there a weapon in the home?
question-threat-to-others = Has anyone else been threatened?
question-severe-ideation = Are there strong thoughts of suicide?
question-plan = Is there a plan?
question-means = Are the means at hand?
question-child-at-risk = Is a child at risk?

answer-yes = Yes
answer-no = No
answer-unknown = Not known

local-rule-hold = Who may hold
local-rule-transport = Who may transport
local-rule-minors-consent = When a minor may consent
local-rule-response = Who responds with whom
local-rule-emergency-line = The number for emergencies
medical-ems-now = EMS now
medical-not-medical = Each medical question was answered no
medical-not-known = Medical need not known yet

goes-crisis-team = Crisis team
goes-ems = EMS
goes-joint = Crisis team together with police
goes-police-first = Police first, crisis team when it is safe

besides-counsellor-stays = Counselor stays on the line until someone is with the person
besides-tell-crew-of-weapon = Tell the crew about the weapon
besides-youth-team = Youth team
besides-child-report = Child protection report, as the law asks
besides-lead-decides = Lead decides whether anyone goes along

## The team's work

stamp-kind-dispatched = Dispatched
stamp-kind-acknowledged = Acknowledged
stamp-kind-en-route = En route
stamp-kind-staging = Staging
stamp-kind-on-scene = On scene
stamp-kind-contact = With the person
stamp-kind-left-scene = Left the scene
stamp-kind-at-destination = At destination
stamp-kind-care-transferred = Care handed over
stamp-kind-clear = Clear
stamp-kind-cancelled = Cancelled

capture-tap = Tapped
capture-geofence = By location
capture-cad = By CAD
capture-filled-in = Filled in later

state-offered = Offered
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
unit-status-Transporting = Transporting
unit-status-Arrived = { stamp-kind-at-destination }
unit-status-InService = Back in service
unit-status-AssignmentCancelled = { stamp-kind-cancelled }

alone-reason-nobody-else = No second member on shift
alone-reason-second-remote = Second member is by phone or video
alone-reason-others-there = Police or EMS are already with the person
alone-reason-known-person = The team knows the person and judged it safe
alone-reason-could-not-wait = It could not wait

crew-role-clinician = Clinician
crew-role-peer = Peer
crew-role-emt = EMT
crew-role-paramedic = Community paramedic
crew-role-lead = Lead

capability-crisis = Mobile crisis response
capability-youth = Children and youth
capability-elder = Older adults
capability-medical = Medical assessment
capability-transport = Transport

## Closing

whereabouts-stayed = Stayed where we met, or at home
whereabouts-with-family = With family or a friend
whereabouts-crisis-centre = Crisis center or stabilization unit
whereabouts-emergency-department = Emergency department
whereabouts-shelter = Shelter
whereabouts-psychiatric-hospital = Psychiatric hospital
whereabouts-jail = Jail
whereabouts-unknown = Left; nobody knows where to

travel-none = Did not travel
travel-on-own = On their own
travel-with-family = With family or a friend
travel-with-team = With our team
travel-ambulance = By ambulance
travel-with-police = With police

legal-voluntary = Voluntary
legal-held = On a legal hold
legal-custody = In police custody

how-closed-stabilised = Stabilized on the spot
how-closed-referred = Referred
how-closed-declined = The person declined
how-closed-no-contact = Did not reach the person
how-closed-team-withdrew = The team withdrew for safety
how-closed-died = The person died
how-closed-passed-to-911 = Passed to 911
how-closed-passed-to-988 = Passed to 988
how-closed-cancelled = Cancelled


no-contact-nobody-there = Nobody was there
no-contact-no-answer = Nobody answered
no-contact-unsafe-to-approach = Unsafe to approach
no-contact-wrong-place = Wrong place
no-contact-cancelled = Cancelled on the way

next-step-try-again = Try again
next-step-follow-up-call = Follow-up call
next-step-lead = Lead decides
next-step-welfare-check = Welfare check through 911

## Safety

need-ems = EMS
need-police = Police
need-fire = Fire
need-crew-in-danger = Crew in danger

escalation-state-on-phone = On this phone, not sent yet
escalation-state-sent = Sent; nobody has answered yet
escalation-state-acknowledged = They have it
escalation-state-cancelled = Cancelled
escalation-state-refused = The server does not take it. Call 911 now
escalation-state-rejected = They said no. Call 911 now
escalation-state-exhausted = Nobody answered. Call now

not-a-lead-not-opened = Only a lead may do this
not-a-lead-not-named = The agency's data does not name you as a lead
not-a-lead-unknown = The agency has not said yet whether you lead. Sync, then try again

not-sent-sign-in = Not sent: sign in. Call 911 now
not-sent-offline = Not sent: no network. Call 911 now
not-sent-server = Not sent: the server does not take it. Call 911 now

step-down-state-on-phone = On this phone, not sent yet
step-down-state-asked = Asked; the center has not answered
step-down-state-accepted = The center said yes; the person is not on the line yet
step-down-state-person-on-line = The person is on the line
step-down-state-came-back = It came back to you

voice-call-dialler-opened = Dialer opened
voice-call-said-called = Responder says: I called

## Handing on

handoff-state-on-phone = On this phone, not sent yet
handoff-state-requested = Sent; the service has not answered
handoff-state-accepted = The service said yes; the person was not reached yet
handoff-state-scheduled = The service has a time for the person
handoff-state-unattended = The person did not come
handoff-state-declined = The service said no
handoff-state-cancelled = Cancelled
handoff-state-completed = The service reached the person

basis-kind-consent-written = The person signed consent
basis-kind-consent-electronic = The person consented electronically
basis-kind-consent-verbal = The person said yes
basis-kind-treatment = Treatment
basis-kind-emergency = Emergency
basis-kind-law = Required by law
basis-kind-crime-on-premises = Crime on the premises or against staff
basis-kind-subpart-e = Court order under Part 2, subpart E

wipe-reason-left-agency = The member no longer works here
wipe-reason-phone-handed-on = The phone goes to someone else
wipe-reason-phone-at-risk = The phone may be in other hands
wipe-reason-ordered = The agency has ordered it

withheld-reason-no-basis = Nothing allows sharing this
withheld-reason-basis-ended = What allowed sharing this has ended
withheld-reason-part2 = Part 2 record: needs consent that names this receiver, or a medical emergency
withheld-reason-part2-police = Part 2 record: never to police
withheld-reason-police-record = Police record: only as that agency allows
withheld-reason-health-record = Health record: not for this receiver
withheld-reason-other-person = About another person
withheld-reason-not-needed = More than this receiver needs
withheld-reason-needs-signed = Only a signed authorization allows it
withheld-reason-outside-scope = The consent does not cover this
withheld-reason-hears-only = This receiver hears and holds nothing
withheld-reason-must-not-learn = This receiver must not learn of the visit
withheld-reason-local-rule = A rule of the state, of a tribal nation or of the agency
withheld-reason-undecided = A named person decides, and has not

attachment-kind-photo = Photo
attachment-kind-dictation = Dictation

attempted-reached = Reached the person
attempted-reached-support = Reached a support person
attempted-no-answer = No answer
attempted-message-left = Left a message
attempted-wrong-details = Wrong contact details
attempted-declined = The person declined
attempted-unable = Unable to try

by-voice = Call
by-text = Text message
by-visit = Visit

## Where an item is

truth-on-this-phone = On this phone
truth-sending = Sending
truth-at-the-agency = At the agency
truth-asked-for = Asked for
truth-needs-you = Needs you

act-create = New
act-change = Change
act-claim = Taking an offer

in-error-reason-wrong-person = It is about another person
in-error-reason-wrong-visit = It is about another visit
in-error-reason-signed-by-mistake = It was signed by mistake

intent-state-waiting = Not sent yet
intent-state-unknown = Sent; no answer yet
intent-state-asked = Asked for
intent-state-parked = Needs you

park-reason-refused = The agency's system could not read it
park-reason-not-allowed = The agency's system does not allow this
park-reason-gone = It is no longer at the agency
park-reason-too-large = Too large to send
park-reason-changed-elsewhere = Someone else changed it too
park-reason-taken-by-other = Another team has it
park-reason-server-fails = The agency's system keeps failing at it
park-reason-unreadable = It cannot be sent as it stands
park-reason-basis-ended = What allowed sharing this has ended or was withdrawn
park-reason-basis-unclear = Nobody can say what allows sharing this

search-remark-filter-ignored = The server also sent what was not asked for
search-remark-refused = The server does not allow this search
search-remark-failed = The server fails at this search
search-remark-pages-not-followed = Some pages could not be read
search-remark-link-rewritten = The server names another address for its pages

work-trouble-refused = This server does not let this team see its work
work-trouble-pages-elsewhere = The rest of this team's work is at an address that does not answer

## Why a team

reason-by-road = By road { $time }
reason-by-road-between = By road { $time }, between { $least } and { $most }
reason-no-way = No way by road
reason-off-the-map = No time by road is known here
reason-off-road = The scene is { $distance } from the road
reason-distance = { $distance } away in a straight line
reason-position-unknown = Position not known
reason-position-age = Position is { $age } old
reason-meets = Fits: { $need }
reason-lacks = Lacks: { $need }
reason-lacks-language = Nobody speaks { $language }; interpreter by phone
reason-off-shift = Off shift
reason-on-break = On a break
reason-committed = With someone as urgent
reason-taken-from-less-urgent = Would leave someone less urgent
reason-no-agreement = No agreement to work there
reason-lacks-must = Left out, lacks: { $need }

team-need-language = speaks { $language }
team-need-full-crew = two or more in person
team-need-known = known to the person

fallback-later-team = { $name } can go from { $time }
fallback-later-team-arrives = { $name } can go from { $time }, there about { $arrives }
fallback-mutual-aid = { $name }, by mutual aid
fallback-stays-on-phone = { $name } stays on the phone meanwhile

measure-by-road = By road, without traffic
measure-straight-line = By straight line at 30 km/h (19 mph): no road map here

not-visited-off-the-map = No road of the map is near
not-visited-no-way = No way by road
not-visited-too-late = Its time is over before anybody could be there
not-visited-past-the-end = The round would end too late
not-visited-crowded-out = No room beside the other visits

## What a person decides

card-cancelled-against-on-scene = One phone says cancelled, another was on scene. Which is right?
card-clear-against-cancelled = One phone says clear, another says cancelled. Which is right?

likeness-same-callback = Same callback number
likeness-near = { $distance } apart, { $apart } between the calls
likeness-same-address = Same address, { $apart } between the calls
likeness-same-name = Same full name
likeness-same-birth-date = Same date of birth

## Measures and times

distance-m = { $n } m
distance-km = { $n } km
distance-ft = { $n } ft
distance-mi = { $n } mi

duration-moment = less than a minute
duration-minutes = { $minutes } min
duration-hours = { $hours } h
duration-hours-minutes = { $hours } h { $minutes } min
duration-days =
    { $days ->
        [one] { $days } day
       *[other] { $days } days
    }

time = { $month } { $day }, { $year }, { $hour }:{ $minute } { $half } { $zone }
time-am = AM
time-pm = PM

month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = May
month-6 = Jun
month-7 = Jul
month-8 = Aug
month-9 = Sep
month-10 = Oct
month-11 = Nov
month-12 = Dec

## Languages; another is said by its tag

language-am = Amharic
language-ar = Arabic
language-ase = American Sign Language
language-en = English
language-es = Spanish
language-fr = French
language-hmn = Hmong
language-ht = Haitian Creole
language-km = Khmer
language-ko = Korean
language-ne = Nepali
language-pl = Polish
language-pt = Portuguese
language-ru = Russian
language-so = Somali
language-tl = Tagalog
language-uk = Ukrainian
language-vi = Vietnamese
language-zh = Chinese

## What is told about a person

about-whom-them = The person
about-whom-scene = The place or what happened
about-whom-other = Somebody else

approach-need-cannot-hear = Cannot hear
approach-need-may-not-follow-orders = May not follow spoken orders
approach-need-may-run = May run
approach-need-holds-a-toy = Holds a toy or a harmless thing
approach-need-do-not-say-who-called = Do not say who called
approach-need-someone-there-is-a-danger-to-them = Someone there is a danger to them
approach-need-children-or-dependants-there = Children or others who depend on them are there
approach-need-animal-there = An animal is there
approach-need-oxygen-in-use = Oxygen in use
approach-need-do-not-call-back = Do not call this number back
approach-need-no-weapons-seen = No weapons were seen

decided-by-clinician = A clinician decides
decided-by-lead = The lead decides
decided-by-both = A clinician and the lead decide together

demand-police-request = Police ask for records
demand-subpoena = Subpoena
demand-court-order = Court order
demand-military-command = Military command
demand-immigration = Immigration authority
demand-probation = Probation or parole
demand-employer = Employer
demand-press = Press

field-name = Name
field-description = What they look like
field-born = Date of birth
field-gender = Gender
field-language = Language
field-numbers = Telephone numbers
field-addresses = Other addresses
field-safe-contact = How to reach them safely
field-must-not-learn = Who must not learn of the visit
field-wishes = Their wishes
field-advance-directive = Advance directive
field-safety-plan = Safety plan
field-dependants = Who depends on them
field-same-as = Which record is the same person

given-by-person = The person
given-by-guardian = Guardian
given-by-minor = The minor, as the law here allows

ground-nothing = Nothing recorded
ground-treatment = Treatment
ground-emergency = Emergency
ground-spoken = Spoken agreement
ground-signed = Signed consent that names the receiver
ground-signed-class = Signed consent for treatment, payment and operations
ground-law = Required by a named law
ground-crime-on-premises = Crime on the premises or against staff
ground-subpart-e = Court order under Part 2, subpart E

how-known-person-said = The person said so
how-known-other-said = Somebody else said so
how-known-record = From a record
how-known-crew-saw = The crew saw or heard it
how-known-unknown = Not said how

information-danger-to-life = Danger to life now
information-approach = To reach and approach without harm
information-danger-to-others = Danger to others
information-rest = Everything else

origin-call-911 = 911 call
origin-said-988 = Said to 988
origin-said-team = Said to the team
origin-scene = Seen or heard on scene
origin-health = Health record
origin-part2 = Part 2 record
origin-police = Police record
origin-agency = Another agency
origin-wishes = The person's own wishes and plan

purpose-treatment = Treatment
purpose-treatment-payment-operations = Treatment, payment and operations
purpose-coordination = Other help
purpose-support = Support by somebody close
purpose-report = A report that a law asks for

receiving-ems = EMS
receiving-psap-police-read = 911, where police can read it
receiving-psap = 911, where police do not read it
receiving-police = Police
receiving-tribal-police = Tribal police
receiving-counsellor = 988 counsellor
receiving-treating = Service that treats
receiving-non-treating = Service that does not treat
receiving-school = School
receiving-supporter = Support person
receiving-custody = Officer who transports or holds the person
receiving-jail-medical = Medical staff of a jail
receiving-hold-officer = Officer who executes a hold
receiving-threatened = Person threatened
receiving-cps = Child protective services
receiving-aps = Adult protective services
receiving-coroner = Coroner or medical examiner
receiving-family-after-death = Family after a death
receiving-interpreter = Interpreter or relay

scope-identity = Who they are and how to reach them
scope-situation = What happened and was said
scope-health = Health record
scope-wishes = Their wishes and plan
scope-substance-use = Part 2 record

stopped-basis-ended = What allowed it has ended or was withdrawn
stopped-basis-unclear = Nobody can say what allows it

danger-weapon = Weapon
danger-violence = Violence
danger-animal = Animal
danger-gas = Gas
danger-infection = Infection
