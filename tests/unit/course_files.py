"""A small good course as files, and the ways in which tests spoil it."""

from collections.abc import Mapping

COURSE = "tightening"

SOURCES = """\
miller-2019:
  citation: Miller A. Settings for long-pulse lasers. 2019.
  url: https://example.com/miller
  read: yes
unread-2020:
  citation: Nobody N. A paper that nobody opened. 2020.
  read: no
"""

DEVICES = """\
ndyag-1064:
  name: Nd:YAG 1064 nm
  wavelength_min_nm: 1064
  wavelength_max_nm: 1064
rf:
  name: Radiofrequency
"""

COURSE_YAML = """\
format: 1
title: Skin tightening
summary: Warm the skin without burning it.
edition: "2026.1"
language: en
study_minutes: 40
objectives:
  settings: Choose settings for a skin type.
  safety: Refuse and defer treatments that would harm.
lessons:
  - id: settings
    title: Settings
    objectives: [settings]
    minutes: 10
  - id: safety
    title: Safety
    objectives: [safety]
    minutes: 12
devices: [ndyag-1064]
exam:
  cut_score_percent: 80
  time_limit_minutes: 30
  attempts: 2
  retake_wait_hours: 24
  sections:
    - objective: settings
      items: 1
      draw_from: [settings]
    - objective: safety
      items: 2
      draw_from: [contraindications, statements, items]
      cut_score_percent: 70
  critical_items: must_pass
  review: after_pass
  certainty: no
  proctor_code: no
scheme:
  title: Skin tightening technician
  validity_months: 12
  expiry_basis: previous_expiry
  renewal_window_days: 60
  grace_days: 14
  requires: {lessons: all, sign_offs: 3, certifications: []}
  scope:
    devices: [ndyag-1064]
    skin_types: [1, 2, 3, 4]
    procedures: [tightening]
  practice: {per_cell: 2}
  renewal: {lessons: changed, items: 1}
"""

SETTINGS_LESSON = """\
Read the table before you touch the dial.

## Settings

/// settings
    device: ndyag-1064
    skin_types: 1-3
///

The pulse grows with the type. [@miller-2019]

![A handpiece on skin](media/handpiece.png)
"""

SAFETY_LESSON = """\
Ask before every session.

/// danger | A tan is a stop
Defer; do not lower the fluence. [@miller-2019]
///

/// contraindications
    category: skin
///

/// procedure
    procedure: tightening
    phase: prepare
///
"""

SETTINGS_CSV = """\
id,objective,standing,sources,device,procedure,skin_type_min,skin_type_max,decision,\
fluence_min_j_cm2,fluence_max_j_cm2,pulse_min_ms,pulse_max_ms,cooling,why
nd-1-2,settings,cited,miller-2019,ndyag-1064,tightening,1,2,allowed,30,60,10,10,Contact,Little melanin
nd-3-4,settings,protocol,miller-2019,ndyag-1064,tightening,3,4,with_sign_off,20,40,20,30,Contact,
nd-5-6,settings,draft,unread-2020,ndyag-1064,tightening,5,6,not_allowed,,,,,,Too much melanin
"""

CONTRAINDICATIONS_CSV = """\
id,objective,standing,sources,condition,category,strength,action,defer_days,applies_to,procedures,decided_by,ask,why
tan,safety,cited,miller-2019,Active tan,skin,temporary,defer,28,all,,technician,When were you last in the sun?,Burns
gold,safety,cited,miller-2019,Gold therapy ever,medication,absolute,do_not_treat,,ndyag-1064,tightening,clinician,,
melasma,safety,protocol,,Melasma now,skin,relative,refer,,ndyag-1064;rf,,clinician,,
"""

PROCEDURE_CSV = """\
id,objective,standing,sources,procedure,phase,step,after,safety_critical,stop_if,record,why
goggles,safety,cited,miller-2019,tightening,prepare,Put the goggles on,,yes,,,
clean,safety,cited,miller-2019,tightening,prepare,Clean the skin,goggles,no,,,
arm,safety,cited,miller-2019,tightening,prepare,Arm the laser,goggles;clean,yes,A door opens,Time,
"""

STATEMENTS_CSV = """\
id,objective,standing,sources,statement,prompt,correct,wrong_1,wrong_2,wrong_3,critical,why
type,safety,cited,miller-2019,The type is about ultraviolet light,What does the type describe?,\
Reaction to ultraviolet light,Colour today,Age,Ancestry,no,
eyes,safety,cited,miller-2019,Goggles fit the wavelength,Which goggles do you wear?,\
Those for the wavelength,Any,Sunglasses,None,yes,
"""

ITEMS = """\
- id: nap
  type: single-choice
  objective: safety
  stem: The client **sleeps**. What do you do?
  options:
    - {text: Wake the client, correct: true, why: Pain is a warning.}
    - {text: Go on}
    - {text: Raise the fluence}
  facts: [contraindications/tan]
  sources: [miller-2019]
  why: Pain tells you to stop.
- id: stops
  type: multiple-choice
  objective: safety
  stem: Which of these stop you?
  scoring: per_correct
  options:
    - {text: A tan, correct: true}
    - {text: A blister, correct: true}
    - {text: A haircut}
- id: wavelength
  type: numeric
  objective: safety
  stem: What is the wavelength of the device?
  answer: {min: 1064, max: 1064, unit: nm}
  critical: true
- id: order
  type: ordering
  objective: safety
  stem: Order these.
  scoring: pairs
  steps: [Goggles, Clean, Arm]
- id: match
  type: matching
  objective: safety
  stem: What belongs together?
  pairs:
    - {left: Tan, right: Defer}
    - {left: Sunburn, right: Defer}
    - {left: Gold, right: Do not treat}
  media: {file: handpiece.png, alt: A handpiece on skin}
"""


def good_course() -> dict[str, bytes]:
    """Return the files of a course without problems, by their place below the folder of courses."""
    texts = {
        "sources.yaml": SOURCES,
        "devices.yaml": DEVICES,
        f"{COURSE}/course.yaml": COURSE_YAML,
        f"{COURSE}/lessons/settings.md": SETTINGS_LESSON,
        f"{COURSE}/lessons/safety.md": SAFETY_LESSON,
        f"{COURSE}/facts/settings.csv": SETTINGS_CSV,
        f"{COURSE}/facts/contraindications.csv": CONTRAINDICATIONS_CSV,
        f"{COURSE}/facts/procedure.csv": PROCEDURE_CSV,
        f"{COURSE}/facts/statements.csv": STATEMENTS_CSV,
        f"{COURSE}/items.yaml": ITEMS,
    }
    return {name: text.encode() for name, text in texts.items()} | {f"{COURSE}/media/handpiece.png": b"png"}


def changed(name: str, old: str, new: str) -> dict[str, bytes]:
    """Return the good course with one text of one file replaced; `name` is below the course, or of the register."""
    files = good_course()
    key = name if name in files else f"{COURSE}/{name}"
    text = files[key].decode()
    assert old in text, f"{old!r} does not stand in {name}"
    return {**files, key: text.replace(old, new, 1).encode()}


def written(name: str, data: str | bytes) -> dict[str, bytes]:
    """Return the good course with one file written anew, or added."""
    files = good_course()
    key = name if name in files else f"{COURSE}/{name}"
    return {**files, key: data if isinstance(data, bytes) else data.encode()}


def without(name: str) -> dict[str, bytes]:
    """Return the good course without one file."""
    files = good_course()
    key = name if name in files else f"{COURSE}/{name}"
    return {other: data for other, data in files.items() if other != key}


def renamed(files: Mapping[str, bytes], course: str) -> dict[str, bytes]:
    """Return the same files as another course."""
    return {key.replace(f"{COURSE}/", f"{course}/", 1): data for key, data in files.items()}
