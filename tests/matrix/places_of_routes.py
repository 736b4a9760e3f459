"""Who may call which route, placed by hand: method and path as they are registered, and what they need.

`public`, `signed-in`, or permissions, all of which are needed. A route that is missing here fails the tests.
A mark behind the need says which way it goes: `*` concerns a study or report, which do not exist elsewhere.
"""

PLACES: dict[str, str] = {
    "GET /healthz": "public",
    "GET /readyz": "public",
    "POST /api/v1/sign-in": "public",
    "POST /api/v1/sign-out": "public",
    "POST /api/v1/set-up": "public",
    "POST /api/v1/step-up": "signed-in",
    "POST /api/v1/uploads": "study:upload",
    "OPTIONS /api/v1/tus": "public",
    "OPTIONS /api/v1/tus/{upload_id}": "public",
    "GET /api/v1/tus": "study:upload",
    "POST /api/v1/tus": "study:upload",
    "HEAD /api/v1/tus/{upload_id}": "study:upload",
    "PATCH /api/v1/tus/{upload_id}": "study:upload",
    "DELETE /api/v1/tus/{upload_id}": "study:upload",
    "POST /api/v1/tus/{upload_id}": "study:upload",
    "GET /api/v1/tus/{upload_id}/outcomes": "study:upload",
    "POST /api/v1/attachments/{study_instance_uid}": "study:upload *",
    "GET /api/v1/studies/{study_instance_uid}/instances/{sop_instance_uid}/document": "study:view *",
    "GET /api/v1/studies/{study_instance_uid}/instances/{sop_instance_uid}/frames/{frame_number:int}/tile": "study:view *",
    "GET /api/v1/studies/{study_instance_uid}/series/{series_instance_uid}/thumbnail": "study:view *",
    "GET /api/v1/studies/{study_instance_uid}/series/{series_instance_uid}": "study:view *",
    "GET /api/v1/studies/{study_instance_uid}/instances/{sop_instance_uid}/frames/{frame_number:int}/pixel": "study:view *",
    "GET /api/v1/studies/{study_instance_uid}/instances/{sop_instance_uid}/frames/{frame_number:int}/window": "study:view *",
    "WS /api/v1/stream": "study:view",
    "GET /api/v1/studies/{study_instance_uid}/instances/{sop_instance_uid}/frames/{frame_number:int}/overlay.png": "study:view *",
    "GET /api/v1/studies/{study_instance_uid}/instances/{sop_instance_uid}/video": "study:view *",
    "GET /api/v1/studies/{study_instance_uid}/instances/{sop_instance_uid}/video/stream": "study:view *",
    "GET /api/v1/studies/{study_instance_uid}/instances/{sop_instance_uid}/video/original": "study:view study:export *",
    "GET /api/v1/reports/{report_id}/pdf": "report:view *",
    "GET /api/v1/reports/{report_id}/draft": "report:write *",
    "POST /api/v1/reports/{report_id}/draft": "report:write *",
    "POST /api/v1/reports/{report_id}/take-over": "report:write *",
    "POST /api/v1/reports/{report_id}/sign": "report:sign *",
    "GET /api/v1/worklist/state": "study:view",
    "GET /api/v1/worklist/export.{format}": "study:export",
    "GET /api/v1/audit/export.{format}": "audit:export",
}
