#Requires -Version 7.2
<#
.SYNOPSIS
    Shows what OracleApi.ps1 does, against the demo procedures.
.EXAMPLE
    $env:ORACLE_API_URL = 'http://127.0.0.1:8080'; $env:ORACLE_API_TOKEN = 'demo'; ./demo.ps1
#>
$ErrorActionPreference = 'Stop'
. "$PSScriptRoot/OracleApi.ps1"

# Runs what must end with an error of a kind, and gives that error.
function Get-ExpectedError {
    param([OracleApiErrorKind] $Kind, [scriptblock] $Work)
    try {
        $null = & $Work
    } catch [OracleApiException] {
        if ($_.Exception.Kind -ne $Kind) {
            throw
        }
        return $_.Exception
    }
    throw "there was no $Kind"
}

# Calls a procedure: its numbers are exact, as texts.
function Show-Call {
    $out = Invoke-OracleProcedure SUMA_SIMPLE @{ a = '0.1'; b = '12345678901234567890' }
    "call: $($out.RESULTADO)"
}

# Launches a job, once however often it is sent, follows it, and deletes it.
function Show-Job {
    $params = @{ vFECHA = '2025-12-10'; vSEGUNDOS = 2 }
    $key = "etl-$([guid]::NewGuid())"
    $id = Start-OracleJob PKG_ETL.PROCESO_LARGO $params -Key $key
    $again = Start-OracleJob PKG_ETL.PROCESO_LARGO $params -Key $key
    "submitted twice with one key: $(if ($again -eq $id) { 'one job' } else { 'two jobs' })"
    try {
        $job = Wait-OracleJob $id -Seconds 60 -Every 1 -Progress {
            param($job)
            Write-Host "progress: $($job.status) $($job.progress) %"
        }
        "result: $($job.result.VRESULTADO)"
    } catch [OracleApiException] {
        switch ($_.Exception.Kind) {
            'JobCancelled' { 'cancelled by somebody: not run again without asking' }
            'JobInterrupted' { 'interrupted: see what became of it, then submit anew' }
            'JobFailed' { "failed: $($_.Exception.Code)" }
            default { throw }
        }
    }
    Remove-OracleJob $id
}

# Reads a REF CURSOR in pages, then as CSV.
function Show-Row {
    $id = Start-OracleJob PROC_TEST_CURSOR @{ p_limit = 2500 }
    $null = Wait-OracleJob $id -Seconds 60
    $rows = @(Get-OracleRow $id P_CURSOR -Limit 1000)
    "rows: $($rows.Count), the last is $($rows[-1].NOMBRE)"
    $path = [System.IO.Path]::GetTempFileName()
    Save-OracleCsv $id P_CURSOR $path
    "csv: $(@(Get-Content -LiteralPath $path).Count) lines"
    Remove-Item -LiteralPath $path
}

# Breaks off a job in the database.
function Show-Cancel {
    $id = Start-OracleJob PROC_TEST_DEMORA @{ segundos = 600 }
    $null = Stop-OracleJob $id
    $null = Get-ExpectedError JobCancelled { Wait-OracleJob $id -Seconds 30 }
    'cancelled: as asked'
    $problem = Get-ExpectedError Conflict { Stop-OracleJob $id }
    "cancelled twice: $($problem.Status)"
}

# Meets the errors that a caller can do something about.
function Show-Error {
    $problem = Get-ExpectedError Invalid { Invoke-OracleProcedure SUMA_SIMPLE @{ a = 'one'; b = 2 } }
    "invalid: $($problem.Status) at $($problem.Errors[0].pointer)"

    $fail = @{ p_should_fail = 1 }
    $problem = Get-ExpectedError ProcedureFailed { Invoke-OracleProcedure PROC_TEST_ERROR $fail }
    "procedure raised: $($problem.Status) $($problem.Code)"

    $id = Start-OracleJob PROC_TEST_ERROR $fail
    $problem = Get-ExpectedError JobFailed { Wait-OracleJob $id -Seconds 30 }
    "job failed: $($problem.Code)"

    $problem = Get-ExpectedError NotFound { Stop-OracleJob ('0' * 32) }
    "no such job: $($problem.Status)"

    $token = $env:ORACLE_API_TOKEN
    try {
        $env:ORACLE_API_TOKEN = 'wrong'
        $problem = Get-ExpectedError NotAuthorised { Invoke-OracleProcedure FUNC_TEST_FECHA }
    } finally {
        $env:ORACLE_API_TOKEN = $token
    }
    "wrong token: $($problem.Status)"
}

Show-Call
Show-Job
Show-Row
Show-Cancel
Show-Error
